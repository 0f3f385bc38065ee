// A validator of signups that uses what scripts use: closures, classes, generators, regular expressions, floats, exceptions,
// and collections whose order counts.
"use strict";

const free = new Set(["gmail.com", "web.de", "freemail.example"]);

class Denial extends Error {
	constructor(field, code, message) {
		super(message);
		Object.assign(this, { field, code });
	}
}

function* parents(domain) {
	for (let at = 0; at >= 0; at = domain.indexOf(".", at + 1)) {
		yield domain.slice(at && at + 1);
	}
}

const checks = [
	({ email_domain }) => {
		for (const domain of parents(email_domain)) {
			if (free.has(domain)) throw new Denial("email", "company_email_required", `${domain} is anybody's.`);
		}
	},
	({ email, email_domain }) => {
		if (!/^[\w.+-]{1,64}@/u.test(email) || !email.endsWith(`@${email_domain}`)) throw new Denial("email", "malformed", `Not ${email.length} signs.`);
	},
];

function describe(value, depth = 0) {
	switch (typeof value) {
		case "string": return value.normalize("NFC").split("").reverse().reduce((sum, c) => Math.imul(sum, 31) + c.codePointAt(0) | 0, depth);
		case "number": return Math.sqrt(Math.abs(value)) + Math.sin(value);
		case "object": return Object.entries(value ?? {}).sort().map(([k, v]) => describe(k, depth) / 7 + describe(v, depth + 1)).reduce((a, b) => a + b, 0);
		default: return Number(value);
	}
}

function answer({ data }) {
	try {
		checks.forEach((check) => check(data));
	} catch (e) {
		if (!(e instanceof Denial)) throw e;
		return { outcome: "deny", errors: [{ field: e.field, code: e.code, message: e.message }] };
	}
	const slug = data.slug.toLowerCase().replace(/[^a-z0-9]+/g, "-");
	return { outcome: "continue", data: { slug, metadata: { sum: describe(data).toPrecision(12) } } };
}
