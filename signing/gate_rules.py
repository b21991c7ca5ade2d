"""What the gate refuses, step by step (SECURITY 1.1), in words that tell the sender what to change."""

from __future__ import annotations

from envelopes.faults import FaultClass, Rule

_N, _R, _T, _M = FaultClass.MISSING, FaultClass.TOO_LONG, FaultClass.WRONG_TYPE, FaultClass.BAD_VALUE
_STEPS, _PROFILES, _LISTS, _LIMITS = "SECURITY 1.1", "SECURITY 1.2", "SECURITY 1.3", "SECURITY 1.4"

UNREADABLE = Rule(
    "signature.unreadable",
    _T,
    "Không kiểm tra được chữ ký ({reason}). Hãy ký lại theo xmldsig và gửi lại.",
    "The signature cannot be checked ({reason}). Sign again as XML-DSig says and send again.",
    "SECURITY TM-20",
)
NAMESPACE_RELATIVE = Rule(
    "namespace.relative",
    _M,
    "Tệp khai báo không gian tên không phải URI tuyệt đối nên không thể ký. Hãy ghi URI đầy đủ hoặc bỏ khai báo này.",
    "The file declares a namespace that is no absolute URI, so it cannot be signed. Write a whole URI, or remove it.",
    "SECURITY TM-19",
)
TOO_MANY = Rule(
    "signature.too_many",
    _M,
    "Tệp có {count} chữ ký; chỉ nhận đúng một, ở cuối edXMLHeader. Hãy bỏ các chữ ký khác.",
    "The file has {count} signatures; it takes exactly one, at the end of edXMLHeader. Remove the others.",
    _STEPS,
)
MISPLACED = Rule(
    "signature.misplaced",
    _M,
    "Chữ ký không nằm ở cuối edXMLHeader. Hãy đặt Signature làm phần tử con cuối cùng của edXMLHeader.",
    "The signature does not stand at the end of edXMLHeader. Make it the last child of edXMLHeader.",
    _PROFILES,
)
FORM_UNSUPPORTED = Rule(
    "signature.form_unsupported",
    _M,
    "Chữ ký dạng {form} không được nhận. Hãy ký xmldsig hoặc XAdES-B, theo từng phần hoặc toàn tệp; "
    "ds:Object chỉ được chứa một xades:QualifyingProperties.",
    "Signatures of the form {form} are not taken. Sign XML-DSig or XAdES-B, by parts or whole; "
    "a ds:Object may hold one xades:QualifyingProperties and nothing else.",
    _PROFILES,
)
PROPERTIES = Rule(
    "signature.properties",
    _M,
    "Thuộc tính XAdES của chữ ký không được nhận tại {reason}. "
    "Hãy ký lại ở mức XAdES-B: SigningTime, SigningCertificateV2 và nếu cần DataObjectFormat, không gì khác.",
    "The signature's XAdES properties are not accepted at {reason}. "
    "Sign again as XAdES-B: SigningTime, SigningCertificateV2 and, if need be, DataObjectFormat, nothing else.",
    _PROFILES,
)
CERTIFICATE_DIFFERS = Rule(
    "signature.certificate_differs",
    _M,
    "SigningCertificateV2 của chữ ký chỉ một chứng thư khác với chứng thư đã đăng ký mà khóa của nó tạo ra chữ ký. "
    "Hãy ký lại và ghi đúng chứng thư đã dùng, hoặc đăng ký chứng thư đó.",
    "The signature's SigningCertificateV2 names another certificate than the registered one whose key made it. "
    "Sign again naming the certificate in use, or register the one that is named.",
    _PROFILES,
)
MALFORMED = Rule(
    "signature.malformed",
    _T,
    "Cấu trúc chữ ký sai tại {name}: {reason}. Hãy ký lại theo xmldsig.",
    "The signature's structure is wrong at {name}: {reason}. Sign again as XML-DSig says.",
    _STEPS,
)
ID_REPEATED = Rule(
    "signature.id_repeated",
    _M,
    "Giá trị Id {identifier} xuất hiện nhiều hơn một lần, không rõ phần nào được ký. Hãy để mỗi Id một giá trị riêng.",
    "The Id value {identifier} occurs more than once, so it is not clear what is signed. Give each Id its own value.",
    _STEPS,
)
ALGORITHM = Rule(
    "signature.algorithm",
    _M,
    "Thuật toán {what} {uri} không được nhận. Hãy ký bằng RSA-SHA256 hoặc ECDSA-SHA256, băm SHA-256 trở lên.",
    "The {what} algorithm {uri} is not accepted. Sign with RSA-SHA256 or ECDSA-SHA256, digests SHA-256 or longer.",
    _LISTS,
)
WEAK = Rule(
    "signature.algorithm",
    _M,
    "Thuật toán yếu {uri} (SHA-1) không được nhận. Hãy ký bằng RSA-SHA256, băm SHA-256; nếu phần mềm chưa làm được, "
    "quản trị trục có thể cho phép có thời hạn: lienthong system weak HỆ_THỐNG --until dd/MM/yyyy.",
    "The weak algorithm {uri} (SHA-1) is not accepted. Sign with RSA-SHA256 and SHA-256 digests; for software that "
    "cannot yet, the exchange's administrator may allow it until a date: lienthong system weak SYSTEM --until DATE.",
    _LISTS,
)
WEAK_ENDED = Rule(
    "signature.weak_ended",
    _M,
    "Thuật toán yếu {uri} chỉ được nhận từ hệ thống này đến hết ngày {until}. Hãy ký bằng RSA-SHA256, băm SHA-256, "
    "hoặc đề nghị quản trị trục gia hạn.",
    "The weak algorithm {uri} was accepted from this system until {until} only. Sign with RSA-SHA256 and SHA-256 "
    "digests, or ask the exchange's administrator for a later date.",
    _LISTS,
)
TRANSFORM = Rule(
    "signature.transform",
    _M,
    "Phép biến đổi của Reference {uri} là [{found}]; chỉ nhận {expected}. Hãy ký lại với đúng phép biến đổi.",
    "The transforms of Reference {uri} are [{found}]; it takes {expected}. Sign again with those transforms.",
    _LISTS,
)
REFERENCES_TOO_MANY = Rule(
    "signature.references_too_many",
    _R,
    "Chữ ký có {count} Reference, quá giới hạn {limit}. Hãy chỉ ký các phần của hồ sơ chữ ký.",
    "The signature has {count} References, more than the limit of {limit}. Sign only the profile's parts.",
    _LIMITS,
)
KEY_INFO = Rule(
    "signature.key_info",
    _M,
    "KeyInfo không được nhận: {reason}. Hãy chỉ để X509Data với tối đa {limit} chứng thư, không có địa chỉ mạng.",
    "KeyInfo is not accepted: {reason}. Leave X509Data with at most {limit} certificates and no network address.",
    _PROFILES,
)
COVERAGE = Rule(
    "signature.coverage",
    _M,
    'Chữ ký bao phủ [{found}], nhưng phải là [{expected}] hoặc toàn tệp (URI=""). '
    "Hãy ký lại đủ và đúng thứ tự các phần đó.",
    'The signature covers [{found}], but must cover [{expected}] or the whole file (URI=""). '
    "Sign exactly those parts in that order.",
    _PROFILES,
)
PART_UNNAMED = Rule(
    "signature.part_unnamed",
    _M,
    'Phần tử {name} phải có thuộc tính Id="{name}" để được ký. Hãy thêm Id rồi ký lại.',
    'Element {name} must carry the attribute Id="{name}" to be signed. Add it and sign again.',
    _PROFILES,
)
MANIFEST_BARE = Rule(
    "signature.manifest_bare",
    _N,
    "Reference thứ {n} của edXMLManifest thiếu {what} hợp lệ (lt:sha256: 64 chữ số hex thường; lt:size: số byte). "
    "Hãy ghi mã băm và kích thước của tệp đính kèm trước khi ký.",
    "Reference {n} of edXMLManifest lacks a valid {what} (lt:sha256: 64 lower-case hex digits; lt:size: bytes). "
    "Write the attachment's digest and size before signing.",
    _PROFILES,
)
UNCOVERED = Rule(
    "signature.uncovered",
    _M,
    "{name} nằm ngoài phần được ký và không được phép ở đó. Hãy bỏ {name} rồi gửi lại.",
    "{name} stands outside the signed parts, where it is not allowed. Remove {name} and send again.",
    _PROFILES,
)
ATTACHMENT_RENAMED = Rule(
    "signature.attachment_renamed",
    _M,
    "{name} của Attachment {content_id} khác với danh mục đã ký ({signed}). Hãy sửa cho khớp.",
    "{name} of Attachment {content_id} differs from the signed manifest ({signed}). Make them equal.",
    _PROFILES,
)
WHOLE_TOO_LARGE = Rule(
    "signature.whole_too_large",
    _R,
    'Chữ ký toàn tệp (URI="") chỉ được kiểm tra khi nội dung mỗi tệp đính kèm không quá {limit} ký tự base64. '
    "Hãy ký theo từng phần (MessageHeader, Bussiness, edXMLManifest) để gửi tệp lớn hơn.",
    'A signature over the whole file (URI="") is checked only if no attachment exceeds {limit} base64 characters. '
    "Sign by parts (MessageHeader, Bussiness, edXMLManifest) to send larger files.",
    _LIMITS,
)
CERTIFICATE_UNREGISTERED = Rule(
    "signature.certificate_unregistered",
    _N,
    "Đơn vị {sender} chưa có chứng thư số nào còn hiệu lực trên trục. Hãy đăng ký chứng thư đã dùng để ký.",
    "Agency {sender} has no certificate in use on this exchange. Register the certificate that signed.",
    _STEPS,
)
INVALID = Rule(
    "signature.invalid",
    _M,
    "Chữ ký không khớp với chứng thư nào đã đăng ký của {sender} ({count} chứng thư). "
    "Hãy ký bằng khóa của chứng thư đã đăng ký, hoặc đăng ký chứng thư mới.",
    "The signature matches none of the {count} certificates registered for {sender}. "
    "Sign with the key of a registered certificate, or register the new one.",
    _STEPS,
)
ALTERED = Rule(
    "signature.altered",
    _M,
    "Nội dung đã bị thay đổi sau khi ký ({part}). Hãy ký lại tệp hiện tại hoặc gửi đúng tệp đã ký.",
    "The content was changed after it was signed ({part}). Sign the present file, or send the one that was signed.",
    _STEPS,
)
SENDER_DIFFERS = Rule(
    "signature.sender_differs",
    _M,
    "Đơn vị gửi trong phần đã ký ({signed}) khác với đơn vị gửi của tệp ({claimed}). Hãy gửi đúng tệp đã ký.",
    "The sender in the signed part ({signed}) differs from the file's ({claimed}). Send the file that was signed.",
    _STEPS,
)
