"""HTTP/2 by curl, each answer compared: a dozen requests at once on one connection over TLS, single ones in cleartext
(with prior knowledge curl 7.88 cannot use a connection twice)."""
import asyncio, random, shutil
from pathlib import Path

from clients import Asked
from judge import Wrong

BATCH = 12


class Curls:
    def __init__(self, judge, ports, certificate, folder, pace, seed):
        self.judge, self.ports, self.certificate, self.pace = judge, ports, certificate, pace
        self.folder, self.chance = Path(folder), random.Random(seed)

    def config(self, asked, url):
        """One section a request."""
        sections = []
        for index, one in enumerate(asked):
            lines = [f'url = "{url}{one.path}"', f'output = "{self.folder / f"{index}.out"}"', "silent", "show-error",
                     f'dump-header = "{self.folder / f"{index}.head"}"', "max-time = 50",
                     "http2" if url.startswith("https") else "http2-prior-knowledge", f'cacert = "{self.certificate}"']
            if one.body is not None:
                (self.folder / f"{index}.in").write_bytes(one.body)
                lines.append(f'data-binary = "@{self.folder / f"{index}.in"}"')
                lines.append('header = "Expect:"')
            sections.append("\n".join(lines))
        return "\nnext\n".join(sections) + "\n"

    async def batch(self, url, count):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        asked = [Asked(self.chance, "steady") for _ in range(count)]
        (self.folder / "config").write_text(self.config(asked, url))
        curl = await asyncio.create_subprocess_exec(
            "curl", "--parallel", "--no-progress-meter", "-K", str(self.folder / "config"),
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE)
        try:
            _, complaint = await curl.communicate()
        except asyncio.CancelledError:
            curl.kill()
            await curl.wait()
            raise
        if curl.returncode != 0:
            raise Wrong(f"curl ended with {curl.returncode}: {complaint[:200]}")
        for index, one in enumerate(asked):
            first, *lines = (self.folder / f"{index}.head").read_text().splitlines()
            fields = dict(line.split(": ", 1) for line in lines if ": " in line)
            output = self.folder / f"{index}.out"
            if not first.startswith("HTTP/2 "):
                raise Wrong(f"{one}: answered by {first}")
            one.check(first.split(" ")[1], fields, output.read_bytes() if output.exists() else b"")
            self.judge.right("http2 " + url.split(":")[0])

    async def forever(self):
        plain, secure = f"http://127.0.0.1:{self.ports['http']}", f"https://localhost:{self.ports['https']}"
        while True:
            for url, count in [(secure, BATCH), (plain, 1), (plain, 1)]:
                try:
                    await self.batch(url, count)
                except Wrong as wrong:
                    self.judge.wrong("http2", wrong)
                await asyncio.sleep(self.chance.expovariate(1 / (self.pace * count)))
