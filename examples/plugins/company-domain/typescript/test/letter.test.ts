import assert from "node:assert/strict";
import test from "node:test";

import type { MessageRender } from "#usher";
import { ask, type Part } from "#usher/testing";

import { write } from "../letter/letter.ts";

const invitation: Part<MessageRender> = {
  kind: "invitation", locale: "de-CH", tenant: { name: "<Engines>\nLtd" }, recipient_name: "Ada", inviter_name: "Grace",
  link: "https://link.usher.invalid/x", expires_at: "2030-01-02T15:04:05Z",
};

test("an invitation in German", async () => {
  const { data } = await ask("message.render", write, { config: { accent_color: "#123456" } }, invitation);
  assert.equal(data?.subject, "Grace lädt Sie zu <Engines> Ltd ein");
  assert.match(data?.html ?? "", /&lt;Engines&gt; Ltd beitreten/);
  assert.match(data?.html ?? "", /background:#123456/);
  assert.match(data?.text ?? "", /Der Link gilt bis 2\. Januar 2030, 15:04 Uhr \(UTC\)\./);
  assert.ok(data?.html.includes("https://link.usher.invalid/x") && data.text.includes("https://link.usher.invalid/x"));
});

test("a mail without a link, to nobody by name, in English", async () => {
  const { data } = await ask("message.render", write, {}, { kind: "existing_account", locale: "fr" });
  assert.match(data?.text ?? "", /^Hello,\n\nSomebody, probably you/);
  assert.ok(!data?.html.includes("href"));
});

test("an unknown kind is left to the host", async () => {
  const got = await ask("message.render", write, {}, { kind: "greeting" as MessageRender["kind"] });
  assert.equal(got.failure, "unknown kind of mail");
});
