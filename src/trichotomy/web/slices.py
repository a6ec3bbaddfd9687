"""Large answers in slices, so that who reads slowly holds up one slice and not a copy of it all."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse

SLICE = 64 * 1024


def in_slices(content: bytes, media_type: str) -> StreamingResponse:
    """Answer with bytes that may be shared; each slice waits until the one before is sent."""

    async def slices() -> AsyncIterator[memoryview]:
        whole = memoryview(content)
        for start in range(0, len(whole), SLICE):
            yield whole[start : start + SLICE]

    return StreamingResponse(slices(), media_type=media_type, headers={"content-length": str(len(content))})
