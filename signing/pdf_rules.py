"""What can be said against a signature inside a PDF, or against looking at it. Nothing here refuses a document."""

from __future__ import annotations

from envelopes.faults import FaultClass, Rule

_T, _M, _R = FaultClass.WRONG_TYPE, FaultClass.BAD_VALUE, FaultClass.TOO_LONG
_SOURCE = "SECURITY TM-36"

WRONG = Rule(
    "pdf.signature_wrong",
    _M,
    "Giá trị chữ ký không khớp với chứng thư số của người ký.",
    "The signature value does not fit the signer's certificate.",
    _SOURCE,
)
CONTENT_ALTERED = Rule(
    "pdf.altered",
    _M,
    "Nội dung đã ký bị sửa: giá trị băm của phần được ký không còn khớp.",
    "What was signed was altered: its digest is another one now.",
    _SOURCE,
)
CHANGED = Rule(
    "pdf.changed",
    _M,
    "Tệp bị thay đổi sau khi ký, ngoài những thay đổi được phép (thêm chữ ký, điền biểu mẫu, thêm dữ liệu xác thực).",
    "The file was changed after signing beyond what is permitted (further signatures, filled fields, proofs).",
    _SOURCE,
)
PART_ONLY = Rule(
    "pdf.coverage",
    _M,
    "Chữ ký không bao trùm trọn phiên bản tệp mà nó ký: có phần nằm ngoài chữ ký.",
    "The signature does not cover the whole revision it was made for: something stands outside it.",
    _SOURCE,
)
UNSUPPORTED = Rule(
    "pdf.unsupported",
    _T,
    "Dạng chữ ký {form} không kiểm tra được ở đây.",
    "Signatures of the form {form} cannot be checked here.",
    _SOURCE,
)
SIGNATURE_MALFORMED = Rule(
    "pdf.malformed",
    _T,
    "Cấu trúc chữ ký bị sai: {reason}.",
    "The signature is malformed: {reason}.",
    _SOURCE,
)
ALGORITHM_WEAK = Rule(
    "pdf.hash_weak",
    _M,
    "Chữ ký dùng thuật toán {algorithm}, quá yếu để chứng minh điều gì.",
    "The signature uses {algorithm}, which is too weak to prove anything.",
    _SOURCE,
)
TERMS_BROKEN = Rule(
    "pdf.terms",
    _M,
    "Chữ ký không theo điều kiện mà ô ký đặt ra (seed value).",
    "The signature does not keep to what its field demands (seed value).",
    _SOURCE,
)
REVOCATION_UNKNOWN = Rule(
    "pdf.revocation_unknown",
    _M,
    "Chưa biết chứng thư {subject} có bị thu hồi hay không: trục và tệp đều không có dữ liệu thu hồi còn hiệu lực.",
    "Whether certificate {subject} is revoked is not known: neither the exchange nor the file has revocation data "
    "in force.",
    _SOURCE,
)
STAMP_WRONG = Rule(
    "pdf.timestamp_wrong",
    _M,
    "Dấu thời gian kèm chữ ký bị sai hoặc thuộc về chữ ký khác.",
    "The timestamp beside the signature is wrong or belongs to another signature.",
    _SOURCE,
)
TIME_UNPROVEN = Rule(
    "pdf.time_unproven",
    _M,
    "Dấu thời gian kèm chữ ký không xác minh được; thời điểm ký chỉ là lời của người ký.",
    "The timestamp beside the signature could not be verified; the time of signing is the signer's word only.",
    _SOURCE,
)
LOOSE = Rule(
    "pdf.loose",
    _T,
    "Tệp không theo đúng cú pháp PDF, các phần mềm có thể đọc khác nhau: {reason}.",
    "The file is not correct PDF, so that programs may read it differently: {reason}.",
    _SOURCE,
)

TOO_LARGE = Rule(
    "pdf.too_large",
    _R,
    "Tệp lớn hơn {limit} byte nên chữ ký trong tệp không được kiểm tra ở đây.",
    "The file is larger than {limit} bytes, so its signatures are not checked here.",
    _SOURCE,
)
PDF_UNREADABLE = Rule(
    "pdf.unreadable",
    _T,
    "Không đọc được tệp PDF: {reason}.",
    "The PDF cannot be read: {reason}.",
    _SOURCE,
)
ENCRYPTED = Rule(
    "pdf.encrypted",
    _T,
    "Tệp PDF được đặt mật khẩu mở, nên chữ ký trong tệp không kiểm tra được.",
    "The PDF opens only with a password, so its signatures cannot be checked.",
    _SOURCE,
)
SIGNATURES_MANY = Rule(
    "pdf.signatures_many",
    _R,
    "Tệp có hơn {limit} chữ ký nên không được kiểm tra.",
    "The file has more than {limit} signatures and is not checked.",
    _SOURCE,
)
TOO_SLOW = Rule(
    "pdf.too_slow",
    _R,
    "Việc kiểm tra chữ ký trong tệp không xong trong {limit} giây.",
    "Checking the file's signatures did not end within {limit} seconds.",
    _SOURCE,
)
TOO_HUNGRY = Rule(
    "pdf.too_hungry",
    _R,
    "Việc kiểm tra chữ ký trong tệp cần nhiều hơn {limit} byte bộ nhớ.",
    "Checking the file's signatures takes more than {limit} bytes of memory.",
    _SOURCE,
)
ENDED = Rule(
    "pdf.ended",
    _T,
    "Chương trình kiểm tra kết thúc giữa chừng ({reason}).",
    "The checking program ended half-way ({reason}).",
    _SOURCE,
)
LOST = Rule(
    "pdf.lost",
    _M,
    "Kho lưu trữ hiện không có tệp này nên chưa kiểm tra được chữ ký bên trong.",
    "The object store does not have the file now, so its signatures could not be checked.",
    _SOURCE,
)
