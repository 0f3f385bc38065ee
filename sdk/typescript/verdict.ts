/** Says what is wrong with a field of the question: its JSON name, a stable snake_case code, and a sentence for the person. */
export type { FieldError } from "./contract_gen.ts";
import type { FieldError } from "./contract_gen.ts";

/** What a hook that asks for a verdict is answered. accept, change and deny make one. */
export interface Verdict<Patch> {
  outcome: "continue" | "deny";
  data?: Patch;
  errors?: FieldError[];
}

/** Lets what was asked about through. */
export function accept(): Verdict<never> {
  return { outcome: "continue" };
}

/** Lets it through with changes; what they leave out stays. */
export function change<Patch>(data: Patch): Verdict<Patch> {
  return { outcome: "continue", data };
}

/** Refuses it. Without a field error the person only learns that the policy of the product denies it. */
export function deny(...errors: FieldError[]): Verdict<never> {
  return errors.length > 0 ? { outcome: "deny", errors } : { outcome: "deny" };
}
