#include "app/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static bool become(const struct passwd *p)
{
    return setgroups(0, NULL) == 0 && setgid(p->pw_gid) == 0 && setuid(p->pw_uid) == 0 &&
           setuid(0) != 0 && setgid(0) != 0;
}

static struct status drop_user(const char *user, char error[static CONFIG_ERROR_BYTES])
{
    if (geteuid() != 0)
        return OK;
    if (user == NULL) {
        snprintf(error, CONFIG_ERROR_BYTES,
                 "started as root without a user to become: set \"user\" in the configuration");
        return FAIL(CONFIG);
    }
    const struct passwd *p = getpwnam(user);
    if (p == NULL || p->pw_uid == 0 || p->pw_gid == 0 || !become(p)) {
        snprintf(error, CONFIG_ERROR_BYTES, "user: cannot become \"%s\"", user);
        return FAIL(CONFIG);
    }
    return OK;
}

/* Links need a descriptor each; what is allowed is for select(2), which nobody here calls. */
static bool raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return false;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

struct status privileges_drop(const char *user, char error[static CONFIG_ERROR_BYTES])
{
    static const struct rlimit no_core = {0, 0};
    struct status s = drop_user(user, error);
    if (failed(s))
        return s;
    if (!raise_descriptors() || setrlimit(RLIMIT_CORE, &no_core) != 0 ||
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        snprintf(error, CONFIG_ERROR_BYTES, "the kernel refuses to restrict this process");
        return FAIL(CONFIG);
    }
    return OK;
}
