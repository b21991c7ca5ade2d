"""The rules a file's structure can break: elements, attributes and text outside the places they have."""

from __future__ import annotations

from envelopes.faults import FaultClass, Rule

_N, _R, _T, _M = FaultClass.MISSING, FaultClass.TOO_LONG, FaultClass.WRONG_TYPE, FaultClass.BAD_VALUE
_TREE = "QCVN 102:2016"

ELEMENT_MISSING = Rule(
    "element.missing",
    _N,
    "Thiếu phần tử {name}. Hãy thêm phần tử này theo QCVN 102:2016.",
    "Element {name} is missing. Add it as QCVN 102:2016 says.",
    _TREE,
)
ELEMENT_REPEATED = Rule(
    "element.repeated",
    _M,
    "Phần tử {name} xuất hiện nhiều hơn một lần, không rõ lấy phần nào. Hãy chỉ để lại một.",
    "Element {name} occurs more than once, so it is not clear which one counts. Leave only one.",
    _TREE,
)
ELEMENT_NAMESPACE = Rule(
    "element.namespace",
    _M,
    "Phần tử phải là {expected}, nhưng tệp có {found}. Hãy dùng đúng không gian tên của QCVN 102:2016.",
    "The element must be {expected}, but the file has {found}. Use the namespace of QCVN 102:2016.",
    _TREE,
)
ELEMENT_UNKNOWN = Rule(
    "element.unknown",
    _M,
    "Phần tử {name} không có chỗ trong {parent}. Hãy bỏ phần tử này hoặc đặt đúng vị trí.",
    "Element {name} has no place in {parent}. Remove it or put it where it belongs.",
    "SECURITY 1.2",
)
ELEMENT_IN_VALUE = Rule(
    "element.in_value",
    _T,
    "{name} chỉ được chứa chữ, nhưng có phần tử con. Hãy bỏ các thẻ bên trong.",
    "{name} may hold only text but has elements inside. Remove the tags in it.",
    _TREE,
)
ATTRIBUTE_UNKNOWN = Rule(
    "attribute.unknown",
    _M,
    "Thuộc tính {name} không được phép ở phần tử này. Hãy bỏ thuộc tính.",
    "Attribute {name} is not allowed on this element. Remove it.",
    "SECURITY 1.2",
)
TEXT_STRAY = Rule(
    "text.stray",
    _M,
    "Có chữ nằm giữa các phần tử con của {name}. Hãy bỏ phần chữ thừa.",
    "There is text between the elements inside {name}. Remove it.",
    "SECURITY 1.2",
)
TRACES_TOO_MANY = Rule(
    "trace.too_many",
    _R,
    "Có quá {limit} TraceHeader. Văn bản đã đi qua quá nhiều chặng hoặc bị lặp; hãy gửi lại bản gốc.",
    "There are more than {limit} TraceHeaders. The file went round too often; send the original again.",
    "SECURITY 1.4",
)
STATUS_WITH_DOCUMENT = Rule(
    "status.with_document",
    _M,
    "Bản tin trạng thái không được có {name}. Hãy gửi trạng thái và văn bản trong hai tệp riêng.",
    "A status message may not have {name}. Send the status and the document in two files.",
    "edXML section 7",
)
DECORATION = Rule(
    "signature.decoration",
    _M,
    "Khối Signature không thuộc không gian tên xmldsig nên không phải chữ ký; tệp được coi là chưa ký. "
    "Hãy ký theo xmldsig hoặc bỏ khối này.",
    "The Signature block is not in the xmldsig namespace, so it signs nothing; the file counts as unsigned. "
    "Sign as XML-DSig says, or leave the block out.",
    "edXML section 8",
)
