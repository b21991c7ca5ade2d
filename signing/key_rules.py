"""What keeps a key from being used: in a file, or on a token. Said to whoever holds the key, on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envelopes.faults import FaultClass, Rule

if TYPE_CHECKING:
    from envelopes.faults import Fault

_N, _T, _M = FaultClass.MISSING, FaultClass.WRONG_TYPE, FaultClass.BAD_VALUE


class KeyUnusable(ValueError):  # noqa: N818 - says what is the case
    """The named key or token cannot be used; `fault` says why and what to do, its text is the English one."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.en)
        self.fault = fault


KEY_UNREADABLE = Rule(
    "key.unreadable",
    _T,
    "Không đọc được khóa: {reason}. Cần khóa riêng ở dạng PEM hoặc DER (PKCS 8), hoặc tệp PKCS 12 (.p12, .pfx).",
    "The key cannot be read: {reason}. It takes a private key in PEM or DER (PKCS 8), or a PKCS 12 file (.p12, .pfx).",
)
KEY_LOCKED = Rule(
    "key.locked",
    _N,
    "Khóa được bảo vệ bằng mật khẩu nhưng chưa có mật khẩu. Hãy đặt tệp mật khẩu hoặc nhập mật khẩu khi được hỏi.",
    "The key is protected by a password, and none was given. Name the file that holds it, or enter it when asked.",
)
PASSWORD_WRONG = Rule(
    "key.password_wrong",
    _M,
    "Mật khẩu của khóa không đúng. Hãy kiểm tra lại mật khẩu đã đặt cho tệp khóa.",
    "The key's password is wrong. Check the password that was set for the key file.",
)
KEY_KIND_UNKNOWN = Rule(
    "key.kind_unknown",
    _M,
    "Loại khóa {kind} không dùng để ký văn bản được. Hãy dùng khóa RSA hoặc ECDSA trên P-256, P-384, P-521.",
    "The key ({kind}) is neither RSA nor ECDSA on P-256, P-384 or P-521. Take one of these to sign documents.",
)
CERTIFICATE_MISSING = Rule(
    "key.certificate_missing",
    _N,
    "Khóa này không kèm chứng thư số nào. Hãy đặt tệp chứng thư số của khóa.",
    "No certificate comes with this key. Name the file that holds its certificate.",
)
CERTIFICATE_UNREADABLE = Rule(
    "key.certificate_unreadable",
    _T,
    "Không đọc được chứng thư số: {reason}. Cần chứng thư X.509 ở dạng PEM hoặc DER.",
    "The certificate cannot be read: {reason}. It takes an X.509 certificate in PEM or DER.",
)
CERTIFICATE_UNMATCHED = Rule(
    "key.certificate_unmatched",
    _M,
    "Khóa và chứng thư số không thuộc về nhau ({subjects}). Hãy chọn đúng chứng thư số của khóa này.",
    "The key and the certificate do not belong together ({subjects}). Choose the certificate of this key.",
)
TOKEN_UNSUPPORTED = Rule(
    "token.unsupported",
    _N,
    "Bản cài đặt này chưa có thư viện đọc thiết bị ký số. Hãy cài thêm gói: pip install 'lienthong[token]'.",
    "This installation lacks the library that reads tokens. Install it as well: pip install 'lienthong[token]'.",
)
TOKEN_MODULE_UNUSABLE = Rule(
    "token.module_unusable",
    _M,
    "Không nạp được trình điều khiển PKCS 11 {module}: {reason}. Hãy chỉ đúng tệp .so của nhà cung cấp thiết bị.",
    "The PKCS 11 module {module} cannot be loaded: {reason}. Name the .so file of the token's maker.",
)
TOKEN_ABSENT = Rule(
    "token.absent",
    _N,
    "Không thấy thiết bị ký số {wanted}; đang có: {found}. Hãy cắm thiết bị hoặc chọn đúng nhãn.",
    "There is no token {wanted}; present: {found}. Insert it, or name the right label.",
)
TOKEN_AMBIGUOUS = Rule(
    "token.ambiguous",
    _M,
    "Có nhiều thiết bị ký số: {found}. Hãy nêu nhãn hoặc số sê-ri của thiết bị cần dùng.",
    "There are several tokens: {found}. Name the label or serial number of the one to use.",
)
PIN_MISSING = Rule(
    "token.pin_missing",
    _N,
    "Chưa có mã PIN của thiết bị ký số. Hãy đặt tệp mã PIN hoặc nhập mã PIN khi được hỏi.",
    "The token's PIN is missing. Name the file that holds it, or enter it when asked.",
)
PIN_WRONG = Rule(
    "token.pin_wrong",
    _M,
    "Mã PIN của thiết bị {token} không đúng. Hãy kiểm tra trước khi thử lại: sai nhiều lần thiết bị sẽ tự khóa.",
    "The PIN of token {token} is wrong. Check it before trying again: after a few wrong ones the token locks itself.",
)
PIN_LOCKED = Rule(
    "token.pin_locked",
    _M,
    "Thiết bị {token} đã bị khóa mã PIN. Hãy liên hệ nhà cung cấp chứng thư số để mở khóa.",
    "The PIN of token {token} is locked. Ask the certificate's issuer to unlock it.",
)
TOKEN_KEY_ABSENT = Rule(
    "token.key_absent",
    _N,
    "Thiết bị {token} không có khóa ký {wanted}; đang có: {found}. Hãy chọn đúng nhãn khóa.",
    "Token {token} holds no signing key {wanted}; it holds: {found}. Name the right key label.",
)
TOKEN_KEY_AMBIGUOUS = Rule(
    "token.key_ambiguous",
    _M,
    "Thiết bị {token} có nhiều khóa ký: {found}. Hãy nêu nhãn hoặc mã của khóa cần dùng.",
    "Token {token} holds several signing keys: {found}. Name the label or id of the one to use.",
)
TOKEN_FAILED = Rule(
    "token.failed",
    _M,
    "Thiết bị ký số {token} không thực hiện được: {reason}. Hãy kiểm tra thiết bị còn cắm chắc rồi thử lại.",
    "Token {token} could not do it: {reason}. See that it is still plugged in, and try again.",
)
REQUEST_UNREADABLE = Rule(
    "request.unreadable",
    _T,
    "Không đọc được yêu cầu cấp chứng thư: {reason}. Cần yêu cầu PKCS 10 (CSR) ở dạng PEM hoặc DER.",
    "The certificate request cannot be read: {reason}. It takes a PKCS 10 request (CSR) in PEM or DER.",
)
REQUEST_UNPROVEN = Rule(
    "request.unproven",
    _M,
    "Chữ ký của yêu cầu cấp chứng thư không khớp với khóa trong đó. Hãy tạo lại yêu cầu bằng khóa của cơ quan.",
    "The request is not signed with the key it holds. Make it again with the agency's own key.",
)
REQUEST_NAMELESS = Rule(
    "request.nameless",
    _N,
    "Yêu cầu cấp chứng thư không nêu {field}. Hãy tạo lại bằng lienthong key request.",
    "The request does not state {field}. Make it again with lienthong key request.",
)
REQUEST_OF_ANOTHER = Rule(
    "request.of_another",
    _M,
    "Yêu cầu cấp chứng thư là của {found}, không phải của {wanted}. Hãy hỏi lại cơ quan đã gửi yêu cầu.",
    "The request is of agency {found}, not of {wanted}. Ask the agency that sent it.",
)
REQUEST_KEY_WEAK = Rule(
    "request.key_weak",
    _M,
    "Khóa {key} trong yêu cầu không được chấp nhận; cần RSA từ 2048 bit (e từ 65537) hoặc ECDSA P-256, P-384, P-521. "
    "Hãy tạo khóa mới.",
    "Key {key} in the request is not accepted; it takes RSA of at least 2048 bits (e at least 65537) or ECDSA on "
    "P-256, P-384 or P-521. Make a new key.",
)
