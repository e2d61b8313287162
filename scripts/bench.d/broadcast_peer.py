"""`broadcast_peer.py BYTES FILE`: each line to the second port is synced to FILE, then broadcast as a text of so many bytes."""

import asyncio
import os
import sys

from websockets.asyncio.server import broadcast, serve


async def main():
    text = "x" * int(sys.argv[1])
    kept = os.open(sys.argv[2], os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    watchers = set()

    async def watch(socket):
        watchers.add(socket)
        try:
            await socket.wait_closed()
        finally:
            watchers.discard(socket)

    async def change(reader, writer):
        while line := await reader.readline():
            os.write(kept, line)
            os.fdatasync(kept)
            broadcast(watchers, text)
            writer.write(b"told\n")
        writer.close()

    sockets = await serve(watch, "127.0.0.1", 0, compression=None)
    changes = await asyncio.start_server(change, "127.0.0.1", 0)
    print(sockets.sockets[0].getsockname()[1], changes.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
