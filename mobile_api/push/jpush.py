"""JPush (极光推送), REST API v3, for makers whose own app has its SDK: most phones in China have no other channel."""

import httpx
import structlog

from mobile_api.push.port import KEPT_S, Outcome, Target

log = structlog.get_logger()
TEXTS = {"zh": "工单有变化，请查看", "en": "Your orders have changed"}
NOBODY_THERE, BAD_VALUE = 1011, 1003
"""Error codes. A bad value is the registration id when the message names it; any other is a fault of ours."""


class JPush:
    """One application at JPush, known by its AppKey and Master Secret."""

    def __init__(self, *, url: str, app_key: str, master_secret: str, http: httpx.AsyncClient):
        self._url = url
        self._auth = httpx.BasicAuth(app_key, master_secret)
        self._http = http

    async def send(self, target: Target) -> Outcome:
        """See PushService."""
        push = {
            "platform": "all",
            "audience": {"registration_id": [target.address]},
            "notification": {"alert": TEXTS.get(target.language, TEXTS["zh"])},
            "options": {"time_to_live": KEPT_S},
        }
        try:
            answer = await self._http.post(f"{self._url}/v3/push", json=push, auth=self._auth)
            said = answer.json()
        except (httpx.HTTPError, ValueError):
            return "later"
        if answer.is_success:
            return "sent"
        error = said.get("error") if isinstance(said, dict) else None
        code, message = (error.get("code"), str(error.get("message"))) if isinstance(error, dict) else (None, "")
        if code == NOBODY_THERE or (code == BAD_VALUE and ("registration_id" in message or target.address in message)):
            return "gone"
        log.warning("jpush_refused", status=answer.status_code, code=code, message=message[:200])
        return "later"
