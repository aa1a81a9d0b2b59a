#ifndef UNIT_AUDIT_GOLDEN_H
#define UNIT_AUDIT_GOLDEN_H

/* A small log whose octets other implementations of the C2SP and IETF formats made: the eight
 * leaves of RFC 6962's reference tests, log key from the seed 32 x 11, witness key from 32 x 22. */

#define GOLDEN_DASH         "\xe2\x80\x94 "
#define GOLDEN_ORIGIN       "gw1.jx.example/audit/2026"
#define GOLDEN_LOG_VKEY     GOLDEN_ORIGIN "+a7712418+AdBKsjJ0K7SrOhNovUYV5ObQIkq3GgFrr4UgozLJd4c3"
#define GOLDEN_WITNESS_NAME "moj-b.example/witness/1"
#define GOLDEN_TIME_S       1790000000 /* of its cosignature */
#define GOLDEN_WITNESS_VKEY                                                                        \
    "moj-b.example/witness/1+70069452+BKCapfR6Z1mAL/lV+NwtKhSlyZ0jvpf4ZBJ/+Tg0VaTw"
#define GOLDEN_BODY GOLDEN_ORIGIN "\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n"
#define GOLDEN_LOG_LINE                                                                            \
    GOLDEN_DASH GOLDEN_ORIGIN                                                                      \
        " p3EkGOs71Vl9MsebKKkRB1PMpUy21MwdPJGgrKDHtOgp+6BtWLb8KiPdZeOWBozed9SEv70pJWXZySG"         \
        "JQLkWcm0kgws=\n"
#define GOLDEN_WITNESS_LINE                                                                        \
    GOLDEN_DASH                                                                                    \
    "moj-b.example/witness/1 cAaUUgAAAABqsTuAjfCBKS5sNhnGORTQOSX8n6CXhWOxJ1V9uChn0y98wulThheN"     \
    "KSMpe5U/ErI/Eag9VsEmzi8mKocUKSRMt2hRAA==\n"
#define GOLDEN_NOTE GOLDEN_BODY "\n" GOLDEN_LOG_LINE GOLDEN_WITNESS_LINE

/* Leaf 5, its path and its proof. */
#define GOLDEN_ENTRY "40414243"
#define GOLDEN_INDEX 5
#define GOLDEN_PATH                                                                                \
    "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=\n"                                               \
    "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=\n"                                               \
    "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=\n"
#define GOLDEN_PROOF "c2sp.org/tlog-proof@v1\nindex 5\n" GOLDEN_PATH "\n" GOLDEN_NOTE

/* Its COSE receipt: message 00000000-0000-4000-8000-000000000005. */
#define GOLDEN_UUID "00000000000040008000000000000005"
#define GOLDEN_COSE                                                                                \
    "d2845866a501270444a77124180fa20178196777312e6a782e6578616d706c652f61756469742f323032360278"   \
    "2d75726e3a757569643a30303030303030302d303030302d343030302d383030302d3030303030303030303030"   \
    "3519018b0169747265652d73697a6508a119018ca12081586a830805835820bc1a0643b12e4d2d7c77918f44e0"   \
    "f4f79a838b6cf9ec5b5c283e1f4d88599e6b5820ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ec"   \
    "e6b9d5975a0ae05820d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7f6584084"   \
    "b13d95f9c7b0290d395058017598d20ff0eec865a22fb6ed68154c0079c9047481b380584b5cec3115b4b6b019"   \
    "83a0f3d97f52f9541e6b7d56525c0170c902"

#endif
