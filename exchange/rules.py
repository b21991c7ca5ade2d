"""What a submission can break beyond the form of its message: the door, the directory, duplicates, statuses."""

from __future__ import annotations

from envelopes.faults import FaultClass, Rule

_M = FaultClass.BAD_VALUE
_N = FaultClass.MISSING
_R = FaultClass.TOO_LONG

BODY_TOO_LARGE = Rule(
    "body.too_large",
    _R,
    "Tệp lớn hơn giới hạn {limit} byte của trục. Hãy chia nhỏ tệp đính kèm hoặc đề nghị quản trị tăng giới hạn.",
    "The file is larger than this exchange's limit of {limit} bytes. Split the attachments or ask for a higher limit.",
    "LIENTHONG_MAX_ENVELOPE_BYTES",
)
BODY_TOO_SLOW = Rule(
    "body.too_slow",
    _M,
    "Dữ liệu gửi quá chậm: sau {seconds} giây mới nhận {received} byte (tối thiểu {rate} byte/giây). Hãy gửi lại.",
    "The body arrives too slowly: {received} bytes after {seconds} seconds (at least {rate} bytes/s). Send it again.",
    "LIENTHONG_BODY_MIN_RATE",
)
BODY_CUT_OFF = Rule(
    "body.cut_off",
    _M,
    "Kết nối bị ngắt trước khi nhận hết tệp ({received} byte). Hãy gửi lại.",
    "The connection ended before the whole file was received ({received} bytes). Send it again.",
)
MEDIA_TYPE_UNSUPPORTED = Rule(
    "body.unsupported",
    _M,
    "Không nhận kiểu nội dung này. Hãy gửi tệp edXML với Content-Type: application/xml, không nén, không multipart.",
    "This content type is not taken. Send the edXML file as application/xml, not compressed, not multipart.",
    "API v1, submit",
)
SENDER_FOREIGN = Rule(
    "sender.foreign",
    _M,
    "Đơn vị gửi {sender} không đúng với mã đã đăng ký của hệ thống {system} ({agencies}). "
    "Hãy sửa From/OrganId hoặc dùng thông tin xác thực của đơn vị đó.",
    "Sender {sender} is not an agency of the calling system {system} ({agencies}). "
    "Correct From/OrganId or use that agency's credential.",
    "conformance C25",
)
SENDER_CONFUSABLE = Rule(
    "sender.confusable",
    _M,
    "Mã đơn vị gửi «{code}» giống {known} nhưng khác: {found_vi}. Mã được so từng ký tự; hãy ghi đúng {known}.",
    "Sender «{code}» looks like {known} but is not: {found_en}. Codes are compared as they are; write {known}.",
    "SECURITY TM-53",
)
SENDER_LOCKED = Rule(
    "sender.locked",
    _M,
    "Đơn vị gửi {sender} đang bị khóa trên trục. Hãy liên hệ quản trị.",
    "Sender {sender} is locked on this exchange. Ask its administrator.",
)
SIGNATURE_MISSING = Rule(
    "signature.missing",
    _N,
    "Tệp không có chữ ký số hợp lệ theo xmldsig, mà chính sách yêu cầu hệ thống {system} phải ký. "
    "Hãy ký phần đầu (MessageHeader, Bussiness, edXMLManifest) bằng chứng thư số đã đăng ký.",
    "The file carries no XML signature and policy demands one from system {system}. "
    "Sign the header parts (MessageHeader, Bussiness, edXMLManifest) with a registered certificate.",
    "DESIGN decision 7",
)
WHOLE_TOO_LARGE = Rule(
    "signature.whole_too_large",
    _R,
    'Chữ ký trên toàn tệp (URI="") chỉ được kiểm tra với tệp không quá {limit} byte. '
    "Hãy ký theo từng phần (MessageHeader, Bussiness, edXMLManifest) để gửi tệp lớn hơn.",
    'A signature over the whole file (URI="") is checked only up to {limit} bytes. '
    "Sign by parts (MessageHeader, Bussiness, edXMLManifest) to send larger files.",
    "SECURITY 1.4",
)
RECIPIENT_UNKNOWN = Rule(
    "recipient.unknown",
    _M,
    "Đơn vị nhận {code} không có trong danh mục của trục. Hãy kiểm tra mã định danh.",
    "Recipient {code} is not in this exchange's directory. Check the agency code.",
    "conformance C06",
)
RECIPIENT_CONFUSABLE = Rule(
    "recipient.confusable",
    _M,
    "Mã đơn vị nhận «{code}» giống {known} nhưng khác: {found_vi}. Mã được so từng ký tự; hãy ghi đúng mã.",
    "Recipient «{code}» looks like {known} but is not: {found_en}. Codes are compared as they are; correct it.",
    "SECURITY TM-53",
)
RECIPIENT_SAME = Rule(
    "recipient.repeated",
    _M,
    "{code} và {other} là hai mã của cùng một đơn vị ({agency}). Hãy chỉ ghi một lần.",
    "{code} and {other} are codes of the same agency ({agency}). Name it once.",
    "conformance C05, C07",
)
RECIPIENT_LOCKED = Rule(
    "recipient.locked",
    _M,
    "Đơn vị nhận {code} đang bị khóa, không nhận được văn bản. Hãy gửi bằng cách khác hoặc liên hệ đơn vị đó.",
    "Recipient {code} is locked and receives nothing. Send it another way or ask that agency.",
    "conformance C06",
)
RECIPIENT_BEYOND = Rule(
    "recipient.beyond",
    _M,
    "Không đơn vị nhận nào của văn bản thuộc trục này: tất cả do trục cấp trên phục vụ.",
    "None of the recipients is an agency of this exchange: the parent axis serves them all.",
    "docs/parents.md",
)
RECIPIENTS_TOO_MANY = Rule(
    "recipient.too_many",
    _R,
    "Văn bản có {count} đơn vị nhận, nhiều hơn giới hạn {limit}. Hãy chia thành nhiều lần gửi.",
    "The document has {count} recipients, more than the limit of {limit}. Send it in parts.",
    "LIENTHONG_MAX_RECIPIENTS",
)
REFERENCE_CONFLICT = Rule(
    "reference.conflict",
    _M,
    "Văn bản {reference} đã được nhận với nội dung khác (nhận lúc {accepted}, SHA-256 {first}; lần này {second}). "
    "Nếu là văn bản mới, hãy dùng DocumentId khác; nếu sửa đổi, hãy gửi nghiệp vụ cập nhật hoặc thay thế.",
    "Document {reference} was taken with other content (at {accepted}, SHA-256 {first}; this time {second}). "
    "Use another DocumentId for a new document, or send an update or a replacement.",
    "conformance C11",
)
STATUS_UNMATCHED = Rule(
    "status.unmatched",
    _M,
    "Không tìm thấy văn bản {reference} của {owner} gửi cho {recipient} trên trục. "
    "Hãy kiểm tra ResponseFor (OrganId, DocumentId) và đơn vị báo trạng thái.",
    "No document {reference} from {owner} to {recipient} is on this exchange. "
    "Check ResponseFor (OrganId, DocumentId) and who reports.",
    "conformance C27",
)
STATUS_OUT_OF_ORDER = Rule(
    "status.out_of_order",
    _M,
    "Trạng thái {code} không đúng thứ tự sau trạng thái hiện tại «{state}»; vẫn được lưu, chuyển đi và đánh dấu.",
    "Status {code} is out of order after state «{state}»; it is kept, delivered and flagged.",
    "conformance C28",
)
STATUS_REPEATED = Rule(
    "status.repeated",
    _M,
    "Trạng thái {code} của văn bản này đã được báo trước đó; lần này không thay đổi gì và không báo lại cho bên kia.",
    "Status {code} was reported of this document before; this time changes nothing, and nobody is told again.",
    "conformance C28",
)
CONFIRMATION_MISMATCH = Rule(
    "confirmation.mismatch",
    _M,
    "Mã SHA-256 xác nhận {given} khác với tệp đã gửi {expected}: tệp nhận được bị hỏng hoặc là tệp khác. "
    "Hãy tải lại rồi xác nhận.",
    "The confirmed SHA-256 {given} differs from the delivered file's {expected}: what was stored is damaged or "
    "another file. Fetch it again, then confirm.",
    "API v1, confirmation",
)
