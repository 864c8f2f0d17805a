"""A real wanmi-city on loopback that has had a few commands, to be scraped."""
import csv
import json
import pathlib
import re
import subprocess
import time
import urllib.request

CITY = pathlib.Path("data/cities/weifang")
AT = "119.086,36.6697"  # in a unit grid with an inspector
DEADLINE_S = 60


class LiveCity:
    """Its clock runs an hour in half a second, so that deadlines pass and timers fire."""

    def __init__(self, binaries, folder):
        self.binaries, self.folder = pathlib.Path(binaries), pathlib.Path(folder)
        with open(CITY / "persons.csv", encoding="utf-8") as persons:
            self.person_of = {row["post"]: row["id"] for row in csv.DictReader(persons)}
        self.process = None

    def __enter__(self):
        self.start(1)
        self.wanmi("import", str(CITY))
        self.stop()
        self.start(7200)
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self, rate):
        config = self.folder / "config.json"
        config.write_text(json.dumps({
            "city": "weifang", "folder": str(self.folder / "city"), "listen": "127.0.0.1:0",
            "metricsListen": "127.0.0.1:0",
            "clock": {"startAt": "2026-03-11T01:00:00Z", "rate": rate}}))
        with open(self.folder / "log", "a", encoding="utf-8") as log:
            self.process = subprocess.Popen([self.binaries / "wanmi-city", "--config", config],
                                            stdout=subprocess.PIPE, stderr=log, text=True)
        ready = self.process.stdout.readline()
        found = re.match(r"ready grpc=(\S+) metrics=(\S+)", ready)
        if not found:
            raise SystemExit(f"expected wanmi-city to say that it is ready, found '{ready}'; "
                             f"see {self.folder}/log")
        self.address, self.metrics = found.groups()

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    def wanmi(self, *words, post=None, expect=0):
        who = ["--person", self.person_of[post], "--post", post] if post else []
        done = subprocess.run([self.binaries / "wanmi", "--address", self.address, *who, *words],
                              capture_output=True, text=True, check=False)
        if done.returncode != expect:
            raise SystemExit(f"expected exit code {expect} of wanmi {' '.join(words)}, found "
                             f"{done.returncode}: {done.stderr}{done.stdout}")

    def play(self):
        """A case that white lists file and dispatch and nobody works on, and one refusal."""
        self.wanmi("report", "--source", "superior", "--class", "2013/component/01-10",
                   "--condition", "1", "--at", AT, "--report", "ops-1", post="acceptor-1")
        self.wanmi("act", "Refuse", "ops-none", "reason=no", post="acceptor-1", expect=1)

    def scrape(self):
        with urllib.request.urlopen(f"http://{self.metrics}/metrics", timeout=10) as answer:
            return answer.read().decode()

    def scrape_until(self, pattern):
        """The first scrape in which the pattern is found: rows are counted every ten seconds."""
        until = time.monotonic() + DEADLINE_S
        while True:
            text = self.scrape()
            if re.search(pattern, text, re.M):
                return text
            if time.monotonic() > until:
                raise SystemExit(f"expected '{pattern}' among the metrics within {DEADLINE_S} s")
            time.sleep(0.5)
