"""What can be wrong with a calendar or a rule of lateness, and the warning that a document was sent late."""

from __future__ import annotations

from envelopes.faults import FaultClass, Rule

_M = FaultClass.BAD_VALUE
_N = FaultClass.MISSING
_R = FaultClass.TOO_LONG
_T = FaultClass.WRONG_TYPE

SENT_LATE = Rule(
    "document.sent_late",
    _M,
    "Văn bản ban hành ngày {issued}, lẽ ra phải gửi trước {limit}; trục nhận lúc {accepted}. Văn bản vẫn được nhận và "
    "chuyển đi, có ghi là gửi chậm.",
    "The document was issued on {issued} and was to be sent by {limit}; it came at {accepted}. It is taken and "
    "delivered, and noted as sent late.",
    "QĐ 28/2018/QĐ-TTg Art. 6, conformance C35",
)
DAY_MALFORMED = Rule(
    "calendar.day_malformed",
    _T,
    "Dòng {line}: «{text}» không phải là ngày. Hãy ghi YYYY-MM-DD hoặc dd/MM/yyyy.",
    "Line {line}: «{text}» is not a date. Write YYYY-MM-DD or dd/MM/yyyy.",
)
DAY_TWICE = Rule(
    "calendar.day_twice",
    _M,
    "Dòng {line}: ngày {day} đã có ở dòng {first}. Hãy bỏ một dòng.",
    "Line {line}: {day} stands in line {first} already. Leave one of them out.",
)
DAY_NAMELESS = Rule(
    "calendar.day_nameless",
    _N,
    "Dòng {line}: ngày {day} chưa có tên. Hãy ghi lý do nghỉ hoặc làm bù.",
    "Line {line}: {day} has no name. Say why it is off or worked.",
)
HOURS_MALFORMED = Rule(
    "calendar.hours_malformed",
    _T,
    "Dòng {line}: giờ làm việc «{text}» không đọc được. Hãy ghi như 07:30-11:30,13:00-17:00; để trống là ngày nghỉ; "
    "work là làm như ngày thường.",
    "Line {line}: hours «{text}» cannot be read. Write them as 07:30-11:30,13:00-17:00; nothing for a day off; work "
    "for a usual working day.",
)
FILE_MALFORMED = Rule(
    "calendar.file_malformed",
    _T,
    "Tệp lịch phải là CSV mã UTF-8, dòng đầu là day,hours,name,source ({found}).",
    "A calendar is a CSV file in UTF-8 whose first line is day,hours,name,source ({found}).",
)
FILE_TOO_LONG = Rule(
    "calendar.file_too_long",
    _R,
    "Tệp lịch dài hơn giới hạn {limit} byte.",
    "The calendar is longer than the limit of {limit} bytes.",
)
DAYS_BACKWARDS = Rule(
    "calendar.days_backwards",
    _M,
    "Ngày cuối {last} trước ngày đầu {first}, hoặc khoảng dài hơn {limit} ngày.",
    "The last day {last} is before the first {first}, or they are more than {limit} days apart.",
)
DAY_UNKNOWN = Rule(
    "calendar.day_unknown",
    _M,
    "Chưa ai nhập ngày nào trong khoảng {first} – {last}; lịch kèm theo chương trình không xóa được, chỉ nhập đè lên.",
    "Nobody entered a day from {first} to {last}; what comes with the program cannot be removed, only overruled.",
)
WEEK_IDLE = Rule(
    "calendar.week_idle",
    _M,
    "Tuần làm việc phải có ít nhất một ngày làm việc.",
    "A week needs at least one working day.",
)
WEEKDAY_UNKNOWN = Rule(
    "calendar.weekday_unknown",
    _M,
    "«{text}» không phải là ngày trong tuần. Hãy ghi T2=GIỜ … CN=GIỜ, hoặc T2-T6=GIỜ.",
    "«{text}» is no day of the week. Write mon=HOURS … sun=HOURS, or mon-fri=HOURS.",
)
WEEKDAY_TWICE = Rule(
    "calendar.weekday_twice",
    _M,
    "«{text}» ghi giờ cho một ngày trong tuần lần thứ hai.",
    "«{text}» gives the hours of a day of the week for the second time.",
)
AMOUNT_WRONG = Rule(
    "time_rule.amount_wrong",
    _M,
    "Thời hạn {amount} không dùng được: từ 0 đến {limit}.",
    "A limit of {amount} cannot be used: 0 to {limit}.",
)
UNIT_WRONG = Rule(
    "time_rule.unit_wrong",
    _M,
    "Quy định «{duty}» tính từ một ngày, không tính bằng phút. Hãy dùng {units}.",
    "The rule «{duty}» counts from a day, not in minutes. Use one of {units}.",
)
