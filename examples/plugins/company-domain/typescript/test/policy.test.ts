import assert from "node:assert/strict";
import test from "node:test";

import { ask } from "#usher/testing";

import { checkSignup } from "../policy/policy.ts";

const config = { blocked_domains: ["rival.example"], allowed_domains: ["good.rival.example"] };

const cases = [
  ["engines.example", undefined],
  ["gmail.com", "company_email_required"],
  ["mail.gmx.de", "company_email_required"],
  ["notgmail.com", undefined],
  ["rival.example", "email_domain_blocked"],
  ["a.rival.example", "email_domain_blocked"],
  ["a.good.rival.example", undefined],
] as const;

for (const [email_domain, code] of cases) {
  test(`a signup at ${email_domain}`, async () => {
    const got = await ask("signup.validate", checkSignup, { config }, { email_domain });
    assert.equal(got.outcome, code === undefined ? "continue" : "deny");
    assert.equal(got.errors[0]?.code, code);
    assert.equal(got.lines.length, code === undefined ? 0 : 1);
  });
}

test("a denial in German", async () => {
  const got = await ask("signup.validate", checkSignup, {}, { email_domain: "web.de", locale: "de-AT" });
  assert.match(got.errors[0]?.message ?? "", /^Bitte /);
});
