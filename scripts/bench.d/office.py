"""A box with templates, that reads pictures."""

import tempfile
import time
from pathlib import Path

from box import Box, Client


class Office:
    """A box with the templates of one hand."""

    def __init__(self, binary, folder, templates):
        self.folder = folder
        data = tempfile.mkdtemp(prefix="paperline-bench-")
        self.box = Box(binary, data)
        self.client = Client(self.box.port).log_in("admin", Path(data, "initial-admin-password").read_text().strip())
        me = self.client.json("GET", "/me")
        began = time.monotonic()
        for template in templates:
            name = template["name"] + ".png"
            picture = Path(template.get("folder", folder), "templates", name).read_bytes()
            origin = self.client.upload("/invoice/uploadModelOrigin", [(name, picture)])["file_name"]
            action = {"user_id": me["user_id"], "json_model": template["json_model"], "company_id": me["company_id"]}
            self.client.json("POST", "/invoice/addModel", {"modelAction": action, "file_name": origin, "type": 0})
        self.wait()
        models = self.client.json("GET", "/invoice/getAllModel?page=0")
        assert models["total"] == len(templates), models["total"]
        print(f"{models['total']} templates learnt in {time.monotonic() - began:.1f} s", flush=True)
        by_label = {t["json_model"]["global_setting"]["label"]: t["name"] for t in templates}
        self.names = {}
        for page in range(0, models["total"], 12):
            for model in self.client.json("GET", f"/invoice/getAllModel?page={page // 12}")["model_list"]:
                self.names[model["model_id"]] = by_label[model["model_label"]]

    def wait(self):
        while True:
            queue = self.client.json("GET", "/api/queue")
            if not queue["running"] and not queue["manage_size"] and (queue["paused"] or not queue["recognize_size"]):
                return
            time.sleep(0.05)

    def read(self, pictures):
        """Seconds, and the result per picture."""
        self.client.json("POST", "/api/queue/pause", {})
        files = [(p["file"], (self.folder / "pictures" / p["file"]).read_bytes()) for p in pictures]
        actions = self.client.upload("/invoice/recognizeImage", files)["action_id_list"]
        began = time.monotonic()
        self.client.json("POST", "/api/queue/resume", {})
        self.wait()
        seconds = time.monotonic() - began
        invoices = self.client.json("GET", f"/api/invoices?limit={min(100, 2 * len(pictures))}")["invoices"]
        by_action = {invoice["action_id"]: invoice for invoice in invoices}
        return seconds, [by_action[action] for action in actions]
