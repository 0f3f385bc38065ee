#include <usher.h>

usher_signup_validate_answer check_slug(const usher_call *call, const usher_signup_validate *signup);
int32_t usher_hook_signup_validate(void);
