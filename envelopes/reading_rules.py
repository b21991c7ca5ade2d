"""The rules a message's fields can break; how hard each one is taken stands in `leniency`."""

from __future__ import annotations

from envelopes.faults import FaultClass, Rule

_N, _R, _T, _M = FaultClass.MISSING, FaultClass.TOO_LONG, FaultClass.WRONG_TYPE, FaultClass.BAD_VALUE
_HEADER = "QCVN 102:2016, MessageHeader"
_BUSINESS = "edXML section 6"
_STATUS = "edXML section 7"

FIELD_MISSING = Rule(
    "field.missing",
    _N,
    "Thiếu {name}. Hãy điền giá trị cho trường bắt buộc này.",
    "{name} is missing. Fill in this required field.",
    _HEADER,
)
FIELD_ABSENT = Rule(
    "field.absent",
    _N,
    "Thiếu {name}. Tệp đọc được, nhưng chuẩn yêu cầu có trường này. Hãy điền giá trị.",
    "{name} is absent. The file can be read without it, but the standard asks for it. Fill it in.",
    _HEADER,
)
FIELD_TOO_LONG = Rule(
    "field.too_long",
    _R,
    "{name} dài {length} ký tự, quá giới hạn {limit}. Hãy rút ngắn.",
    "{name} has {length} characters, more than the limit of {limit}. Shorten it.",
    _HEADER,
)
REFERENCE_TOO_LONG = Rule(
    "reference.too_long",
    _R,
    "DocumentId dài {length} ký tự, quá giới hạn {limit}. Hãy dùng dạng {{OrganId}},{{yyyy/MM/dd}},{{số}}/{{ký hiệu}}.",
    "DocumentId has {length} characters, more than the limit of {limit}. "
    "Use {{OrganId}},{{yyyy/MM/dd}},{{number}}/{{notation}}.",
    "edXML section 5",
)
AGENCY_MALFORMED = Rule(
    "agency.malformed",
    _T,
    "Mã định danh phải gồm 1 đến 35 chữ số, chữ cái không dấu, dấu chấm, gạch nối, nhưng {found_vi}. "
    "Hãy kiểm tra mã, ví dụ H08.02.",
    "An agency code is 1 to 35 digits, plain letters, dots and hyphens, but {found_en}. "
    "Check the code, for example H08.02.",
    "QĐ 20/2020/QĐ-TTg; SĐ1:2022",
)
AGENCY_ODD = Rule(
    "agency.odd",
    _T,
    "Mã định danh này không đúng dạng ({found_vi}) nên không dùng được. Hãy ghi đúng mã hoặc để trống.",
    "This agency code is malformed ({found_en}) and cannot be used. Write the right code or leave it empty.",
    "QĐ 20/2020/QĐ-TTg; SĐ1:2022",
)
RECIPIENT_REPEATED = Rule(
    "recipient.repeated",
    _M,
    "Đơn vị nhận {code} được ghi nhiều lần trong To (MessageHeader.To.OrganId). Hãy chỉ ghi một lần.",
    "Recipient {code} is named more than once in To (MessageHeader.To.OrganId). Name it once.",
    "conformance C05",
)
DATE_MALFORMED = Rule(
    "date.malformed",
    _T,
    "{name} phải là một ngày có thật, viết yyyy/MM/dd, ví dụ 2026/01/31.",
    "{name} must be a real date written yyyy/MM/dd, for example 2026/01/31.",
    "conformance C08",
)
DATE_ODD = Rule(
    "date.odd",
    _T,
    "{name} không phải ngày dạng yyyy/MM/dd nên không dùng được. Nếu không có ngày, hãy để trống.",
    "{name} is not a date written yyyy/MM/dd and cannot be used. Leave it empty if there is no date.",
    "conformance C08",
)
DATE_FUTURE = Rule(
    "date.future",
    _M,
    "{name} ở tương lai (hôm nay là {today}). Hãy ghi đúng ngày ban hành.",
    "{name} lies in the future (today is {today}). Write the date of issue.",
    "conformance C08",
)
TIME_ODD = Rule(
    "time.odd",
    _T,
    "{name} không phải thời điểm dạng yyyy/MM/dd HH:mm:ss nên không dùng được. Hãy ghi đúng dạng.",
    "{name} is not a time written yyyy/MM/dd HH:mm:ss and cannot be used. Write it in that form.",
    "conformance C08",
)
NUMBER_ODD = Rule(
    "number.odd",
    _T,
    "{name} không phải giá trị dạng {expected} nên không dùng được. Hãy sửa hoặc để trống.",
    "{name} is not {expected} and cannot be used. Correct it or leave it empty.",
    _HEADER,
)
CODE_UNKNOWN = Rule(
    "code.unknown",
    _M,
    "{name} chỉ được nhận một trong các giá trị: {allowed}.",
    "{name} must be one of: {allowed}.",
    "edXML section 4",
)
CODE_ODD = Rule(
    "code.odd",
    _M,
    "{name} nằm ngoài các giá trị của chuẩn: {allowed}. Hãy sửa lại.",
    "{name} is outside the standard's values: {allowed}. Correct it.",
    "edXML section 4",
)
STEERING_UNREADABLE = Rule(
    "steering.unreadable",
    _T,
    "SteeringType phải là một số (0, 1 hoặc 2); phần mềm nhận dùng thư viện quốc gia không đọc được giá trị khác. "
    "Hãy ghi số hoặc bỏ hẳn phần tử này.",
    "SteeringType must be a number (0, 1 or 2): receivers on the national library cannot read the file otherwise. "
    "Write a number or leave the element out.",
    "axis client section 5.2",
)
SECRET = Rule(
    "document.secret",
    _M,
    "Văn bản mang dấu «{mark}». Văn bản bí mật nhà nước không được gửi qua trục; hãy gửi theo quy định về bảo vệ "
    "bí mật nhà nước.",
    "The document is marked «{mark}». State secrets must not enter this exchange; send it by the means the law "
    "on state secrets provides.",
    "QĐ 28/2018/QĐ-TTg; conformance C24",
)
REASON_MISSING = Rule(
    "reason.missing",
    _N,
    "Thiếu lý do trong {name}: bên nhận tin phải được biết vì sao. Hãy ghi lý do.",
    "The reason in {name} is missing: the other side must be told why. Write the reason.",
    "conformance C29, C30",
)
ELEMENT_ODD = Rule(
    "element.odd",
    _M,
    "Trục không biết phần tử {name} ở đây nên không đọc. Hãy bỏ hoặc đặt đúng chỗ.",
    "Element {name} is not known here and is not read. Remove it or put it where it belongs.",
    "QCVN 102:2016",
)
MANIFEST_MISSING = Rule(
    "manifest.missing",
    _N,
    "Thiếu edXMLBody/edXMLManifest. Văn bản không có tệp đính kèm cũng cần danh mục rỗng.",
    "edXMLBody/edXMLManifest is missing. A document without attachments has an empty one.",
    "QCVN 102:2016, edXMLManifest",
)
TRACE_MISSING = Rule(
    "trace.missing",
    _N,
    "Thiếu TraceHeader. Hãy ghi đơn vị gửi và thời điểm gửi.",
    "There is no TraceHeader. Write who sends and when.",
    "QCVN 102:2016, TraceHeaderList",
)
DIGEST_MALFORMED = Rule(
    "manifest.malformed",
    _T,
    "Thuộc tính lt:{name} phải là {expected}. Hãy tính lại từ tệp đính kèm đã giải mã base64.",
    "Attribute lt:{name} must be {expected}. Compute it again from the attachment after base64 decoding.",
    "SECURITY 1.2",
)
STATUS_UNLINKED = Rule(
    "status.unlinked",
    _N,
    "ResponseFor không cho biết văn bản nào: cần DocumentId, hoặc Code và PromulgationDate.",
    "ResponseFor does not say which document: it needs DocumentId, or Code and PromulgationDate.",
    "conformance C27",
)
STATUS_SHAPE = Rule(
    "status.shape",
    _M,
    "Trạng thái nằm trong Status thay cho MessageHeader; phần mềm dùng thư viện quốc gia có thể không đọc được.",
    "The status stands in Status, not in MessageHeader; receivers on the national library may not be able to read it.",
    "axis client section 5.2",
)
