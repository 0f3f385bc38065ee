/* It floods the log with lines that want to be others. */
#include "fail.h"

FAILING(for (int i = 0; i < 10000; i++) usher_log(
    USHER_ERROR, SAY("one\r\n{\"level\":\"ERROR\",\"msg\":\"forged\"}\xe2\x80\xa8\xe2\x80\xae\x1b[2J")))
