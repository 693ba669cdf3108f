"""Takes build jobs from a queue folder and runs each with bash in a work folder of its own."""

import json
import os
import subprocess
import time

BASE = "/srv/ci"


def run(path: str) -> None:
    """Run one job and keep its output."""
    with open(path, encoding="utf-8") as source:
        job = json.load(source)
    os.unlink(path)
    work = f"{BASE}/work/{job['name']}"
    os.makedirs(work, exist_ok=True)
    with open(f"{work}/job.sh", "w", encoding="utf-8") as script:
        script.write(job["script"])
    with open(f"{BASE}/logs/{job['name']}.log", "wb") as log:
        try:
            code = subprocess.run(
                ["/bin/bash", "-e", f"{work}/job.sh"], cwd=work, stdout=log, stderr=log, timeout=150
            ).returncode
        except subprocess.TimeoutExpired:
            code = 124
    with open(f"{BASE}/logs/results", "a", encoding="utf-8") as results:
        results.write(f"{job['name']} {code}\n")
    subprocess.run(["rm", "-rf", work])


while True:
    queue = sorted(f"{BASE}/queue/{n}" for n in os.listdir(f"{BASE}/queue") if n.endswith(".json"))
    if queue:
        run(queue[0])
    else:
        time.sleep(0.5)
