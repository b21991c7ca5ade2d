"""What a facade call can break beyond what every door refuses."""

from __future__ import annotations

from envelopes.faults import FaultClass, Rule

HASH_MISSING = Rule(
    "axis.hash_missing",
    FaultClass.MISSING,
    "Thiếu tham số hash-file, là sự bảo vệ duy nhất của nội dung tệp. Hãy gửi kèm SHA-256 của tệp.",
    "Parameter hash-file, the only protection of the file, is missing. Send the file's SHA-256 with it.",
    "axis client 4.10",
)
HASH_DIFFERS = Rule(
    "axis.hash_differs",
    FaultClass.BAD_VALUE,
    "Tệp nhận được không khớp hash-file {given}; SHA-256 của tệp là {found}. Hãy gửi lại.",
    "The file that arrived does not match hash-file {given}; its SHA-256 is {found}. Send it again.",
    "axis client 4.10",
)
FROM_MISSING = Rule(
    "sender.foreign",
    FaultClass.MISSING,
    "Thiếu tham số from: mã đơn vị gửi. Hãy ghi mã đơn vị mà hệ thống {system} được giao.",
    "Parameter from, the sender's code, is missing. Give the code of an agency that system {system} acts for.",
    "axis client 4.10",
)
FROM_FOREIGN = Rule(
    "sender.foreign",
    FaultClass.BAD_VALUE,
    "Đơn vị gửi {sender} không đúng với mã đã đăng ký: {system}",
    "Sender {sender} is none of the agencies that system {system} is registered for.",
    "axis client 4.10",
)
STATUS_UNKNOWN = Rule(
    "axis.status_unknown",
    FaultClass.BAD_VALUE,
    "Trạng thái truyền «{status}» không có; hãy dùng một trong: {known}. "
    "Trạng thái xử lý 01 đến 16 gửi bằng thông điệp trạng thái qua sendEdoc.",
    "There is no transport state «{status}»; use one of: {known}. "
    "Handling states 01 to 16 are sent as status messages by sendEdoc.",
    "axis client 4.12",
)
BODY_MALFORMED = Rule(
    "axis.body_malformed",
    FaultClass.WRONG_TYPE,
    "Nội dung không phải là đối tượng JSON. Hãy gửi các trường id, pcode, code, name, mail, mobile, fax.",
    "The body is no JSON object. Send the fields id, pcode, code, name, mail, mobile, fax.",
    "axis client 4.4",
)
FIELD_MALFORMED = Rule(
    "axis.field_malformed",
    FaultClass.WRONG_TYPE,
    "Trường {name} phải là một dòng chữ, tối đa 500 ký tự.",
    "Field {name} must be one line of text, of at most 500 characters.",
    "axis client 4.4",
)
FIELD_MISSING = Rule(
    "axis.field_missing",
    FaultClass.MISSING,
    "Thiếu trường {name}.",
    "Field {name} is missing.",
    "axis client 4.4",
)
AGENCY_MISSING = Rule(
    "axis.agency_missing",
    FaultClass.MISSING,
    "Thiếu tham số AgencyCode: mã đơn vị.",
    "Parameter AgencyCode, the agency's code, is missing.",
    "axis client 4.5",
)
