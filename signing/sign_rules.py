"""What keeps a file from being signed, what is wrong with a receipt, and with a signature seen from outside."""

from __future__ import annotations

from envelopes.faults import FaultClass, Rule

_M = FaultClass.BAD_VALUE

ALREADY_SIGNED = Rule(
    "signature.present",
    _M,
    "Tệp đã có chữ ký; trục chỉ nhận đúng một chữ ký. Hãy ký tệp gốc chưa có chữ ký.",
    "The file is signed already, and exactly one signature is taken. Sign the original without a signature.",
    "SECURITY 1.2",
)
IDENTIFIER_TAKEN = Rule(
    "signature.part_unnamed",
    _M,
    'Phần tử {name} có Id="{found}", nhưng để ký theo từng phần phải là Id="{name}". Hãy sửa Id rồi ký lại.',
    'Element {name} has Id="{found}" where signing by parts takes Id="{name}". Correct the Id and sign again.',
    "SECURITY 1.2",
)
RECEIPT_WRONG = Rule(
    "receipt.invalid",
    _M,
    "Không phải biên nhận hợp lệ của trục: {reason}. Hãy tải lại biên nhận và kiểm tra chứng thư của trục.",
    "This is no valid receipt of the exchange: {reason}. Fetch it again and check the exchange's certificate.",
    "urn:lienthong:receipt:1",
)
UNMATCHED = Rule(
    "signature.invalid",
    _M,
    "Chữ ký không khớp với chứng thư nào ({count} chứng thư, kèm theo tệp hoặc đã cho). "
    "Hãy ký lại bằng khóa của chứng thư đó.",
    "The signature matches none of the {count} certificates, enclosed in the file or given. "
    "Sign again with the key of that certificate.",
    "SECURITY 1.1",
)
