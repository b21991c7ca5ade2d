"""What can be wrong with a list of agencies, as a file or in one of its lines."""

from __future__ import annotations

from envelopes.faults import FaultClass, Rule

_M = FaultClass.BAD_VALUE
_N = FaultClass.MISSING
_T = FaultClass.WRONG_TYPE
_R = FaultClass.TOO_LONG

FILE_UNREADABLE = Rule(
    "list.unreadable",
    _T,
    "Dòng {line}: tệp không đọc được ({reason}). Chưa có gì thay đổi; hãy xuất lại danh sách rồi thử lại.",
    "Line {line}: the file cannot be read ({reason}). Nothing has changed; export the list again, then try again.",
)
FILE_WITHOUT_CODE = Rule(
    "list.without_code",
    _N,
    "Tệp CSV không có cột mã đơn vị «code». Các cột dùng được: {known}.",
    "The CSV file has no column «code». Known columns: {known}.",
)
FILE_EMPTY = Rule(
    "list.empty",
    _N,
    "Tệp không có đơn vị nào.",
    "The file names no agency.",
)
FIELD_WRONG = Rule(
    "list.field",
    _T,
    "Trường {field} có giá trị «{found}» không dùng được: cần {wanted_vi}.",
    "Field {field} has the value «{found}», which cannot be used: {wanted_en} is expected.",
)
FIELD_LONG = Rule(
    "list.long",
    _R,
    "Trường {field} dài {length} ký tự, nhiều hơn {limit}.",
    "Field {field} has {length} characters, more than {limit}.",
)
CODE_TWICE = Rule(
    "list.twice",
    _M,
    "Mã {code} đã có ở dòng {first} của tệp.",
    "Code {code} stands in line {first} of the file already.",
)
CODE_ALIKE = Rule(
    "agency.confusable",
    _M,
    "Mã «{code}» dễ nhầm với {known}: {found_vi}. Nếu đúng là đơn vị khác, hãy thêm riêng bằng `lienthong agency add`.",
    "Code «{code}» is easily taken for {known}: {found_en}. If it is meant, add it by itself with "
    "`lienthong agency add`.",
    "SECURITY TM-53",
)
NAME_ALIKE = Rule(
    "agency.confusable",
    _M,
    "Tên «{name}» viết gần giống «{known}» của {code}, chỉ khác ký tự khó thấy. "
    "Nếu đúng là đơn vị khác, hãy thêm riêng bằng `lienthong agency add`.",
    "The name «{name}» looks like «{known}» of {code} and differs in characters nobody sees. If it is meant, add it by "
    "itself with `lienthong agency add`.",
    "SECURITY TM-53",
)
PARENT_ABSENT = Rule(
    "list.parent_unknown",
    _M,
    "Đơn vị cấp trên {parent} không có trong tệp và danh mục; cấp trên giữ như cũ.",
    "Parent {parent} is neither in the file nor in the directory; the parent stays as it was.",
)
PARENT_CIRCULAR = Rule(
    "list.circular",
    _M,
    "Theo tệp, {code} trực thuộc chính nó qua {parent}; cấp trên giữ như cũ.",
    "By the file, {code} is below itself through {parent}; the parent stays as it was.",
)
SUCCESSOR_UNUSABLE = Rule(
    "list.successor",
    _M,
    "Không dùng được đơn vị kế thừa {successor} (không có, dẫn về chính đơn vị này, hay đơn vị chưa giải thể).",
    "Successor {successor} cannot be used (unknown, itself, leading back to it, or it has not ended); left out.",
)
OTHER_CODE_TAKEN = Rule(
    "list.code_taken",
    _M,
    "{code} là mã của {agency}, nên không ghi thêm cho {own}.",
    "{code} is a code of {agency}, and therefore not given to {own}.",
)
STILL_ENDED = Rule(
    "list.still_ended",
    _M,
    "{code} đã giải thể ở đây nhưng tệp ghi là đang hoạt động; giữ là đã giải thể.",
    "{code} has ended here, though the file has it as existing; it stays ended.",
)
