"""The account and the token in use: what a program asks first, to see whether its token counts."""

from ninja import Router

from accounts.api.gate import ApiRequest
from accounts.api.schemas import Moment, Told

router = Router(tags=["Account"])


class TokenTold(Told):
    """The token that the call was made with. `scope`: `read` or `write`."""

    name: str
    scope: str
    created_at: Moment
    expires_at: Moment | None


class AccountTold(Told):
    """The account that the token belongs to."""

    id: int
    name: str
    token: TokenTold


@router.get("/account", response=AccountTold)
def read_account(request: ApiRequest) -> AccountTold:
    """The account, and the token in use."""
    return AccountTold(id=request.account.pk, name=request.account.name, token=TokenTold.from_orm(request.token))
