"""Cost Explorer: the bill of an account, which a test puts there (`world.py`, `bill`), grouped by tags.

Nothing costs anything here. Without a bill an account is one whose Cost Explorer was never opened. A bill has:

- `costs`: `month`, `account`, `tags`, and the `amount` in `unit`s (USD), as text
- `activeTags`: those that the payer activated for cost allocation; the others are as if no resource had them
- `final`: months that do not change any more
- `perPage`: groups on a page
- `denied`: the payer does not let member accounts look
"""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from ministack.core.responses import AccountScopedDict

from vendhost_cloud.errors import AwsError, Unsupported
from vendhost_cloud.json_service import Document, JsonService

_bills = AccountScopedDict()
_THE = "bill"
_METRIC = "UnblendedCost"
_MOST_GROUPS = 2
"""https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html"""


def put(bill: Document) -> None:
    """The bill of the account of the current request."""
    _bills[_THE] = bill


def _get_cost_and_usage(request: Document) -> Document:
    bill = _bill()
    start, end = _period(request["TimePeriod"])
    if request["Granularity"] != "MONTHLY" or request["Metrics"] != [_METRIC]:
        raise Unsupported(f"ce:GetCostAndUsage {request['Granularity']} {request['Metrics']}")
    keys = _group_keys(request.get("GroupBy") or [])
    rows = [row for row in bill["costs"] if _is_wanted(row, request.get("Filter"))]
    results: list[Document] = []
    for first, last in _months(start, end):
        month = first.isoformat()[:7]
        groups = _groups([row for row in rows if row["month"] == month], keys, bill)
        result = {
            "TimePeriod": {"Start": first.isoformat(), "End": last.isoformat()},
            "Estimated": month not in bill.get("final", []),
        }
        results += [{**result, "Groups": [group]} for group in groups] or [{**result, "Groups": []}]
    return _page(results, request, int(bill.get("perPage") or 1000))


def _bill() -> Document:
    """The words are AWS's, as those who met them quote them."""
    bill: Document | None = _bills.get(_THE)
    if bill is None:
        raise AwsError(
            "DataUnavailableException",
            "Data is not available. Please try to adjust the time period. "
            "If just enabled Cost Explorer, data might not be ingested yet",
        )
    if bill.get("denied"):
        raise AwsError("AccessDeniedException", "User not enabled for cost explorer access")
    return bill


def _period(given: Document) -> tuple[date, date]:
    for text in given.values():
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            raise AwsError("ValidationException", f"{text} is no date")
    start, end = date.fromisoformat(given["Start"]), date.fromisoformat(given["End"])
    if start >= end:
        raise AwsError("ValidationException", "Start date (and hour) should be before end date (and hour)")
    if end > _next_month(datetime.now(UTC).date()):
        raise AwsError("ValidationException", "end date past the beginning of next month")
    return start, end


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _months(start: date, end: date) -> list[tuple[date, date]]:
    found = []
    while start < end:
        last = min(end, _next_month(start))
        found.append((start, last))
        start = last
    return found


def _group_keys(definitions: list[Document]) -> list[str]:
    if len(definitions) > _MOST_GROUPS:
        raise AwsError("ValidationException", f"at most {_MOST_GROUPS} groups, not {len(definitions)}")
    for one in definitions:
        if one.get("Type") != "TAG":
            raise Unsupported(f"ce:GetCostAndUsage by {one.get('Type')}")
    return [one["Key"] for one in definitions]


def _is_wanted(row: Document, wanted: Document | None) -> bool:
    if wanted is None:
        return True
    dimension = wanted.get("Dimensions") or {}
    if set(wanted) != {"Dimensions"} or dimension.get("Key") != "LINKED_ACCOUNT":
        raise Unsupported(f"ce:GetCostAndUsage of {wanted}")
    return row["account"] in dimension["Values"]


def _groups(rows: list[Document], keys: list[str], bill: Document) -> list[Document]:
    """A tag that is not active is empty in every group, as one is that a resource does not have: `shop$`, then."""
    sums: dict[tuple[str, ...], Decimal] = {}
    for row in rows:
        names = tuple(f"{key}${row['tags'].get(key, '') if key in bill['activeTags'] else ''}" for key in keys)
        sums[names] = sums.get(names, Decimal(0)) + Decimal(row["amount"])
    unit = bill.get("unit", "USD")
    return [
        {"Keys": list(names), "Metrics": {_METRIC: {"Amount": str(amount), "Unit": unit}}}
        for names, amount in sorted(sums.items())
    ]


def _page(results: list[Document], request: Document, size: int) -> Document:
    """Groups of one month that are on the same page are one result."""
    token = str(request.get("NextPageToken") or "0")
    if not token.isdigit() or int(token) >= max(len(results), 1):
        raise AwsError("InvalidNextTokenException", "The pagination token is invalid.")
    start = int(token)
    page: list[Document] = []
    for result in results[start : start + size]:
        if page and page[-1]["TimePeriod"] == result["TimePeriod"]:
            page[-1]["Groups"] += result["Groups"]
        else:
            page.append(result)
    answer: dict[str, Any] = {"ResultsByTime": page}
    if start + size < len(results):
        answer["NextPageToken"] = str(start + size)
    return answer


def register() -> None:
    JsonService(
        "ce",
        "AWSInsightsIndexService",
        {"GetCostAndUsage": _get_cost_and_usage},
        arn_of=lambda _operation, _request, _region, _account: "*",
        reset=_bills.clear,
        checks_values=True,
    ).register()
