// Says which function serves which hook.
import { serve } from "#usher";

import { write } from "./letter/letter.ts";
import { checkSignup } from "./policy/policy.ts";

export default serve({
  "signup.validate": checkSignup,
  "message.render": write,
});
