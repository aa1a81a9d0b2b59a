#include "support/small_rulebook.h"

#include "base/arena.h"

struct text_files small_rulebook(struct arena *arena, unsigned law, unsigned states,
                                 const char *extra)
{
    struct text_file *at = arena_array(arena, SMALL_RULEBOOK_FILES, sizeof *at);
    at[0] = (struct text_file){slice_text("law/messages/a.b"),
                               slice_text("message a.b schema 1\nfrom CA to CA\npurpose EVIDENCE\n"
                                          "field why text 9 MET\npersons persons up to 9\n")};
    at[1] = (struct text_file){slice_text("law/objects/person"),
                               slice_text("object person\nfield sid sid MET required\n"
                                          "field cat code kind MET or as cat required\n")};
    at[2] = (struct text_file){
        slice_text("law/vocabulary"),
        slice_text(arena_print(arena,
                               "law number %u\ncodes role CA\ncodes instrument EIO\n"
                               "codes purpose EVIDENCE\ncodes urgency ROUTINE, URGENT\n"
                               "codes kind GOOD, BAD as CRM\n%s",
                               law, extra))};
    at[3] = (struct text_file){
        slice_text("states/demo"),
        slice_text(arena_print(
            arena, "states number %u\nstate XA \"A\" domain a.b\ngateway XA-GW-01\n", states))};
    return (struct text_files){at, SMALL_RULEBOOK_FILES};
}
