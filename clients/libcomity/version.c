#include "libcomity/comity.h"

const char *comity_version(void)
{
    return COMITY_VERSION;
}
