"""What a problem is called and what to do about it, in Vietnamese and English."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A kind of problem in words: the fragment of its type, its title, and what to do in both languages."""

    type: str
    title: str
    vi: str
    en: str


WORDS: Mapping[int, Words] = {
    400: Words(
        type="malformed",
        title="Malformed request",
        vi="Yêu cầu không đúng dạng; hãy xem từng lỗi trong faults.",
        en="The request is not well formed; see each of the faults.",
    ),
    401: Words(
        type="unauthenticated",
        title="Not authenticated",
        vi="Thiếu thông tin xác thực, hoặc thông tin không đúng, đã hết hạn hay bị thu hồi. "
        "Hãy gửi Authorization: Bearer với thông tin được cấp.",
        en="No credential, or one that is wrong, expired or revoked. "
        "Send Authorization: Bearer with the one given out.",
    ),
    403: Words(
        type="not-allowed",
        title="Not allowed",
        vi="Hệ thống này không đại diện cho đơn vị đó. Hãy dùng thông tin xác thực của hệ thống được giao.",
        en="This system does not act for that agency. Use the credential of the system that does.",
    ),
    404: Words(
        type="not-there",
        title="Not there",
        vi="Không có, hoặc không thuộc các đơn vị của hệ thống này. Hãy kiểm tra địa chỉ và mã.",
        en="Not there, or not this system's. Check the address and the id.",
    ),
    405: Words(
        type="method-not-allowed",
        title="Method not allowed",
        vi="Địa chỉ này không nhận phương thức đó; xem tiêu đề Allow.",
        en="This address does not take that method; see the Allow header.",
    ),
    408: Words(
        type="too-slow",
        title="Too slow",
        vi="Dữ liệu gửi quá chậm. Hãy kiểm tra đường truyền rồi gửi lại.",
        en="The body arrives too slowly. Check the line and send it again.",
    ),
    409: Words(
        type="conflict",
        title="Conflict",
        vi="Mâu thuẫn với điều trục đã nhận trước đó; hãy xem faults.",
        en="This contradicts what the exchange took before; see faults.",
    ),
    410: Words(
        type="gone",
        title="Gone",
        vi="Đã từng có nhưng không còn nữa; hãy xem faults.",
        en="It was there and is no more; see faults.",
    ),
    413: Words(
        type="too-large",
        title="Too large",
        vi="Dữ liệu lớn hơn giới hạn; hãy xem faults.",
        en="The body is larger than the limit; see faults.",
    ),
    415: Words(
        type="unsupported",
        title="Unsupported content",
        vi="Kiểu nội dung không được nhận ở đây; hãy xem faults.",
        en="This kind of content is not taken here; see faults.",
    ),
    416: Words(
        type="range-not-satisfiable",
        title="Range not satisfiable",
        vi="Đoạn yêu cầu nằm ngoài tệp; xem Content-Range. Hãy tải lại từ đầu.",
        en="The asked-for range lies outside the file; see Content-Range. Fetch it from the start.",
    ),
    422: Words(
        type="refused",
        title="Refused",
        vi="Không được nhận; hãy sửa từng lỗi trong faults rồi gửi lại.",
        en="Refused; correct each of the faults and send it again.",
    ),
    429: Words(
        type="too-many",
        title="Too many requests",
        vi="Hệ thống này gửi quá nhiều yêu cầu cùng lúc. Hãy chờ theo Retry-After rồi thử lại.",
        en="This system asks too much at once. Wait as Retry-After says, then try again.",
    ),
    500: Words(
        type="failed",
        title="Failed",
        vi="Lỗi của trục, không phải của bên gửi. Hãy báo quản trị kèm request_id.",
        en="A fault of the exchange, not of the caller. Tell its administrator the request_id.",
    ),
    503: Words(
        type="away",
        title="Not now",
        vi="Trục tạm thời chưa nhận được và chưa giữ lại gì. Hãy gửi lại sau số giây trong Retry-After.",
        en="The exchange cannot take it now and kept nothing. Try again after the seconds in Retry-After.",
    ),
}
"""One text for each status the API answers with (and for what its HTTP library answers by itself)."""

UNKNOWN = Words(
    type="unknown",
    title="Not known",
    vi="Không rõ trục đã nhận hay chưa (mất kết nối khi ghi). Hãy gửi lại đúng tệp này: "
    "nếu đã nhận, sẽ được trả lại biên nhận cũ.",
    en="Not known whether it was taken (the connection broke while writing). Send the same file again: "
    "if it was taken, the first receipt is answered.",
)
"""A lost commit answer (RELIABILITY section 2)."""
