// Says which function of policy/ serves which hook. manifest.json names the same hooks.
import { serve } from "#usher";

import { messageRender } from "./policy/message_render.ts";

export default serve({
  "message.render": messageRender,
});
