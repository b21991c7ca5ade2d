"""What can be wrong with a certificate or a revocation list, at registration and at every verification."""

from __future__ import annotations

from envelopes.faults import FaultClass, Rule

_N, _R, _T, _M = FaultClass.MISSING, FaultClass.TOO_LONG, FaultClass.WRONG_TYPE, FaultClass.BAD_VALUE
_POLICY = "SECURITY 4"

UNREADABLE = Rule(
    "certificate.unreadable",
    _T,
    "Không đọc được chứng thư số: {reason}. Hãy gửi đúng một chứng thư X.509 ở dạng PEM hoặc DER.",
    "The certificate cannot be read: {reason}. Give exactly one X.509 certificate in PEM or DER.",
    _POLICY,
)
LIST_UNREADABLE = Rule(
    "revocation_list.unreadable",
    _T,
    "Không đọc được danh sách thu hồi (CRL): {reason}. Hãy gửi một CRL ở dạng PEM hoặc DER.",
    "The revocation list (CRL) cannot be read: {reason}. Give one CRL in PEM or DER.",
    _POLICY,
)
LIST_DELTA = Rule(
    "revocation_list.delta",
    _M,
    "Đây là danh sách thu hồi bổ sung (delta CRL) của {issuer}, chỉ dùng kèm danh sách đầy đủ. "
    "Hãy nạp danh sách đầy đủ.",
    "This is a delta list of {issuer}, which says nothing without the complete one. Give the complete list.",
    _POLICY,
)
LIST_STRANGE = Rule(
    "revocation_list.strange",
    _M,
    "Danh sách thu hồi mang tên {issuer}, nhưng không có tổ chức chứng thực nào tên đó được tin cậy. "
    "Hãy thêm chứng thư của tổ chức đó trước (`lienthong ca trust` hoặc `ca intermediate`).",
    "The revocation list names {issuer}, and no authority of that name is trusted here. "
    "Add its certificate first (`lienthong ca trust` or `ca intermediate`).",
    "SECURITY TM-12",
)
LIST_FORGED = Rule(
    "revocation_list.forged",
    _M,
    "Danh sách thu hồi mang tên {issuer} nhưng chữ ký không phải của tổ chức chứng thực được tin cậy cùng tên.",
    "The revocation list names {issuer} but is not signed by the trusted authority of that name.",
    "SECURITY TM-12",
)
LIST_EARLY = Rule(
    "revocation_list.early",
    _M,
    "Danh sách thu hồi của {issuer} chỉ có hiệu lực từ {date}. Hãy kiểm tra đồng hồ, hoặc nạp lại sau thời điểm đó.",
    "The revocation list of {issuer} begins only at {date}. Check the clocks, or give it again after that.",
    "SECURITY TM-12",
)
ANSWER_UNREADABLE = Rule(
    "ocsp.unreadable",
    _T,
    "Không dùng được câu trả lời OCSP: {reason}.",
    "The OCSP answer is of no use: {reason}.",
    "RFC 6960",
)
ANSWER_OTHER = Rule(
    "ocsp.other",
    _M,
    "Câu trả lời OCSP nói về chứng thư khác, không phải {subject}. Hãy kiểm tra địa chỉ OCSP.",
    "The OCSP answer is about another certificate, not {subject}. Check the responder's address.",
    "RFC 6960",
)
ANSWER_FORGED = Rule(
    "ocsp.forged",
    _M,
    "Câu trả lời OCSP không do {issuer} hoặc máy chủ được {issuer} ủy quyền ký.",
    "The OCSP answer is signed neither by {issuer} nor by a responder that {issuer} appointed.",
    "RFC 6960",
)
KEY_WEAK = Rule(
    "certificate.key_weak",
    _M,
    "Khóa {key} của chứng thư {subject} không được chấp nhận; cần RSA từ 2048 bit (e từ 65537) hoặc "
    "ECDSA P-256, P-384, P-521. Hãy xin cấp chứng thư mới.",
    "Key {key} of certificate {subject} is not accepted; it takes RSA of at least 2048 bits (e at least 65537) or "
    "ECDSA on P-256, P-384 or P-521. Have a new certificate issued.",
    _POLICY,
)
HASH_WEAK = Rule(
    "certificate.hash_weak",
    _M,
    "Chứng thư {subject} được ký bằng thuật toán băm {hash}; cần SHA-256 trở lên. Hãy xin cấp chứng thư mới.",
    "Certificate {subject} is signed with hash {hash}; it takes SHA-256 or longer. Have a new certificate issued.",
    _POLICY,
)
AUTHORITY_AS_SIGNER = Rule(
    "certificate.authority",
    _M,
    "{subject} là chứng thư của tổ chức chứng thực (CA), không dùng để ký văn bản. Hãy dùng chứng thư của cơ quan.",
    "{subject} is a certificate of an authority (CA) and may not sign documents. Use the agency's own certificate.",
    _POLICY,
)
NOT_AUTHORITY = Rule(
    "certificate.not_authority",
    _M,
    "{subject} không phải chứng thư của tổ chức chứng thực (CA), không thể làm gốc tin cậy. "
    "Hãy chọn đúng chứng thư gốc.",
    "{subject} is no certificate of an authority (CA) and cannot be a trusted root. Choose the root certificate.",
    _POLICY,
)
INTERMEDIATE_ROOT = Rule(
    "certificate.root",
    _M,
    "{subject} tự ký cho mình nên là chứng thư gốc, không phải CA trung gian. "
    "Nếu tin cậy chứng thư này, hãy dùng `lienthong ca trust`.",
    "{subject} is signed by itself: a root, no intermediate authority. If you trust it, use `lienthong ca trust`.",
    _POLICY,
)
INTERMEDIATE_STRAY = Rule(
    "certificate.stray",
    _M,
    "Chứng thư CA {subject} do {issuer} cấp, nhưng không có tổ chức chứng thực nào được tin cậy đã ký chứng thư này. "
    "Hãy thêm chứng thư của {issuer} trước.",
    "Authority {subject} was issued by {issuer}, but no authority trusted here signed it. "
    "Add the certificate of {issuer} first.",
    _POLICY,
)
USAGE_WRONG = Rule(
    "certificate.usage",
    _M,
    "Chứng thư {subject} không có mục đích digitalSignature hoặc nonRepudiation (keyUsage). Hãy dùng chứng thư ký số.",
    "Certificate {subject} lacks key usage digitalSignature and nonRepudiation. Use a signing certificate.",
    _POLICY,
)
PURPOSE_WRONG = Rule(
    "certificate.purpose",
    _M,
    "Mục đích mở rộng (extendedKeyUsage) của chứng thư {subject} là {purposes}, không dùng để ký văn bản. "
    "Hãy dùng chứng thư ký số của cơ quan.",
    "The extended key usage of certificate {subject} is {purposes}, which does not sign documents. "
    "Use the agency's signing certificate.",
    _POLICY,
)
EXTENSION_UNKNOWN = Rule(
    "certificate.extension",
    _M,
    "Chứng thư {subject} có phần mở rộng bắt buộc không nhận biết được: {oid}. Hãy xin cấp chứng thư khác.",
    "Certificate {subject} has a critical extension that is not known: {oid}. Have another certificate issued.",
    _POLICY,
)
EXPIRED = Rule(
    "certificate.expired",
    _M,
    "Chứng thư {subject} đã hết hạn lúc {date}. Hãy gia hạn, đăng ký chứng thư mới rồi ký lại.",
    "Certificate {subject} expired at {date}. Renew it, register the new one and sign again.",
    _POLICY,
)
NOT_YET_VALID = Rule(
    "certificate.not_yet_valid",
    _M,
    "Chứng thư {subject} chỉ có hiệu lực từ {date}. Hãy ký lại sau thời điểm đó hoặc dùng chứng thư khác.",
    "Certificate {subject} is valid only from {date}. Sign again after that or use another certificate.",
    _POLICY,
)
REVOKED = Rule(
    "certificate.revoked",
    _M,
    "Chứng thư {subject} đã bị thu hồi ({reason}). Hãy đăng ký chứng thư mới rồi ký lại.",
    "Certificate {subject} is revoked ({reason}). Register a new certificate and sign again.",
    "SECURITY TM-12",
)
REVOCATION_UNTOLD = Rule(
    "certificate.revocation_unknown",
    _M,
    "Chưa biết chứng thư {subject} có bị thu hồi hay không. Văn bản được giữ cho tới khi trục có danh sách thu hồi còn "
    "hiệu lực của {issuer}, rồi tự đi tiếp ({reason}).",
    "Whether certificate {subject} is revoked cannot be told now. The envelope is held until the exchange has "
    "a revocation list in force from {issuer}, then it goes on by itself ({reason}).",
    "SECURITY TM-12",
)
UNTRUSTED = Rule(
    "certificate.untrusted",
    _M,
    "Chứng thư {subject} không dẫn tới chứng thư gốc nào được tin cậy ({reason}). "
    "Hãy dùng chứng thư do CA được công nhận cấp, hoặc đề nghị quản trị thêm chứng thư gốc.",
    "Certificate {subject} leads to no trusted root ({reason}). "
    "Use one issued by a recognised authority, or ask the administrator to trust its root.",
    _POLICY,
)
