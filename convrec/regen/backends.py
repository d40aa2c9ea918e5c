"""Backends: what answers a prompt. A server that speaks the OpenAI chat protocol, or a local transformers model."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

import httpx
from aiolimiter import AsyncLimiter
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt

from convrec.errors import ConfigError, Unanswered
from convrec.regen.answers_kept import Answer

AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})  # statuses after which the same request may succeed
LONGEST_WAIT = 60.0  # seconds between two tries


@dataclass(frozen=True, slots=True)
class Message:
    role: str  # system | user
    text: str


class Backend(Protocol):
    """`model` names what answers; `retried` counts requests sent again after a failure."""

    model: str
    retried: int

    async def complete(self, messages: Sequence[Message], *, max_tokens: int, seed: int) -> Answer:
        """Raises Unanswered where there is no answer after all tries."""
        ...

    async def close(self) -> None: ...


class _Again(Exception):
    """A failure after which the same request is worth another try; `wait` seconds if the server named a time."""

    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.wait = wait


class HttpBackend:
    """POST {url}/chat/completions: vLLM, the llama.cpp server, or a hosted service.

    `per_minute` requests at most (0: no limit). 429, 5xx, time-outs, dropped connections and bodies cut off are tried
    `tries` times with growing pauses, or after the pause that the server asks for; another refusal is an error at once.
    """

    def __init__(
        self, url: str, model: str, *, key: str = "", per_minute: int = 0, timeout: float = 120.0, tries: int = 6,
        pause: float = 1.0,
    ) -> None:  # fmt: skip
        if not url.startswith(("http://", "https://")):
            raise ConfigError(f"{url!r} is no address of a server; give one such as http://127.0.0.1:8000/v1")
        self.model, self.retried = model, 0
        self._url = f"{url.rstrip('/')}/chat/completions"
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._limiter = AsyncLimiter(1, 60 / per_minute) if per_minute else None
        self._tries, self._pause = tries, pause
        self._client = httpx.AsyncClient(timeout=timeout, limits=httpx.Limits(max_connections=None))

    async def complete(self, messages: Sequence[Message], *, max_tokens: int, seed: int) -> Answer:
        body = {
            "model": self.model,
            "messages": [{"role": m.role, "content": m.text} for m in messages],
            "max_tokens": max_tokens,
            "seed": seed,
            "response_format": {"type": "json_object"},
        }
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(_Again), stop=stop_after_attempt(self._tries), wait=self._wait,
            before_sleep=self._count, reraise=True,
        )  # fmt: skip
        try:
            return await retrying(self._post, body)
        except _Again as error:
            raise Unanswered(f"{self._url} gave no answer after {self._tries} tries: {error}") from error

    async def close(self) -> None:
        await self._client.aclose()

    async def _post(self, body: dict[str, Any]) -> Answer:
        if self._limiter:
            await self._limiter.acquire()
        try:
            response = await self._client.post(self._url, json=body, headers=self._headers)
        except httpx.TransportError as error:
            raise _Again(str(error) or type(error).__name__) from error
        if response.status_code in AGAIN:
            raise _Again(f"status {response.status_code}", _retry_after(response))
        if response.status_code != httpx.codes.OK:
            detail = " ".join(response.text.split())[:200]
            raise ConfigError(f"{self._url} refuses the request: status {response.status_code} {detail}")
        try:
            said = response.json()
            text = said["choices"][0]["message"]["content"]
            return Answer(text or "", int(said.get("usage", {}).get("total_tokens", 0)))
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise _Again("an answer that is cut off or no chat completion") from error

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.wait if isinstance(error, _Again) else None
        return min(self._pause * 2 ** (state.attempt_number - 1) if asked is None else asked, LONGEST_WAIT)

    def _count(self, _: RetryCallState) -> None:
        self.retried += 1


class LocalBackend:
    """A transformers causal LM of this machine, one prompt at a time; greedy with seed 0, sampled with any other."""

    def __init__(self, name: str) -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self.model, self.retried = name, 0
        self._one = asyncio.Lock()
        try:
            self._causal: Any = AutoModelForCausalLM.from_pretrained(name)
            self._tokenizer: Any = AutoTokenizer.from_pretrained(name)
        except (OSError, ValueError, KeyError) as error:
            reason = str(error).splitlines()[0]
            raise ConfigError(f"no usable language model at {name!r}: give a hub id or a folder ({reason})") from error

    async def complete(self, messages: Sequence[Message], *, max_tokens: int, seed: int) -> Answer:
        async with self._one:
            return await asyncio.to_thread(self._answer, messages, max_tokens, seed)

    async def close(self) -> None:
        pass

    def _answer(self, messages: Sequence[Message], max_tokens: int, seed: int) -> Answer:
        import torch

        chat = [{"role": m.role, "content": m.text} for m in messages]
        if self._tokenizer.chat_template:
            prompt = self._tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
        else:
            prompt = "\n\n".join(m.text for m in messages) + "\n\n"
        inputs = self._tokenizer(prompt, return_tensors="pt", add_special_tokens=not self._tokenizer.chat_template)
        torch.manual_seed(seed)
        with torch.inference_mode():
            out: Any = self._causal.generate(**inputs, max_new_tokens=max_tokens, do_sample=seed > 0)
        length = inputs["input_ids"].shape[1]
        said: str = self._tokenizer.decode(out[0, length:], skip_special_tokens=True)
        return Answer(said, int(out.shape[1]))


def _retry_after(response: httpx.Response) -> float | None:
    """The pause a server asks for: seconds or a date."""
    asked = response.headers.get("Retry-After", "")
    try:
        return max(0.0, float(asked))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
