#include "comity/policy/print_words.h"

#include <string.h>

static const char *const phrases[PHRASE_COUNT][LANGUAGE_COUNT] = {
    /* clang-format off */
    [PHRASE_TITLE] = {"THE LAW OF THE RULEBOOK", "LA LOI DU RECUEIL", "LA LEY DEL REGLAMENTO"},
    [PHRASE_LAW] = {"Law number {}, SHA-256 {}.",
                    "Loi numéro {}, SHA-256 {}.",
                    "Ley número {}, SHA-256 {}."},
    [PHRASE_READING] = {
        "What no article permits is withheld. Every article that limits or forbids binds beside all "
        "others. Where it is not known whether a condition holds, a permission counts for nothing, "
        "and a limit, a prohibition, a hold and a refusal apply.",
        "Ce qu'aucun article n'autorise est retenu. Tout article qui limite ou interdit s'impose à "
        "côté de tous les autres. Lorsqu'on ne sait pas si une condition est remplie, une "
        "autorisation reste sans effet, et une limite, une interdiction, une suspension et un "
        "refus s'appliquent.",
        "Lo que ningún artículo autoriza se retiene. Todo artículo que limita o prohíbe obliga "
        "junto a todos los demás. Cuando no se sabe si se cumple una condición, una autorización "
        "no tiene efecto, y un límite, una prohibición, una suspensión y un rechazo se aplican."},
    [PHRASE_UNCHECKED] = {
        "UNCHECKED: {} citations have not been compared with their source by anybody.",
        "NON VÉRIFIÉ (UNCHECKED)\u00a0: {} références n'ont été comparées à leur source par personne.",
        "SIN VERIFICAR (UNCHECKED): {} citas no han sido cotejadas con su fuente por nadie."},
    [PHRASE_CHAPTER] = {"CHAPTER {}", "CHAPITRE {}", "CAPÍTULO {}"},
    [PHRASE_POLICY] = {"{}", "{}", "{}"},
    [PHRASE_AGREEMENT] = {"Agreement between {}: {}", "Accord entre {}\u00a0: {}",
                          "Acuerdo entre {}: {}"},
    [PHRASE_VERSION] = {"Version {}.", "Version {}.", "Versión {}."},
    [PHRASE_AUTHORITY] = {"Authority: {}.", "Autorité\u00a0: {}.", "Autoridad: {}."},
    [PHRASE_FORCE] = {"In force from {} to {}.", "En vigueur du {} au {}.",
                      "En vigor del {} al {}."},
    [PHRASE_ARTICLE] = {"Article {}. {}", "Article {}. {}", "Artículo {}. {}"},
    [PHRASE_GUARANTEE] = {"Guarantee {}. {}", "Garantie {}. {}", "Garantía {}. {}"},
    [PHRASE_ALL_MESSAGES] = {"This applies to all messages.", "Ceci vaut pour tout message.",
                             "Esto vale para todo mensaje."},
    [PHRASE_MESSAGES] = {"This applies to messages{}.", "Ceci vaut pour les messages{}.",
                         "Esto vale para los mensajes{}."},
    [PHRASE_FROM] = {" from {}", " provenant de {}", " procedentes de {}"},
    [PHRASE_TO] = {" to {}", " adressés à {}", " dirigidos a {}"},
    [PHRASE_PURPOSE] = {" for the purpose {}", " ayant pour finalité {}", " con la finalidad {}"},
    [PHRASE_WHEN] = {"It applies only where {}.", "Il ne s'applique que si {}.",
                     "Solo se aplica si {}."},
    [PHRASE_UNLESS] = {"It does not apply where {}.", "Il ne s'applique pas si {}.",
                       "No se aplica si {}."},
    [PHRASE_REQUIRE] = {"It requires: {}.", "Il exige\u00a0: {}.", "Exige: {}."},
    [PHRASE_BASIS] = {"Basis: {}.", "Fondement\u00a0: {}.", "Fundamento: {}."},
    [PHRASE_CHECKED] = {"Checked by {} on {}.", "Vérifié par {} le {}.",
                        "Verificado por {} el {}."},
    [PHRASE_NOT_CHECKED] = {"UNCHECKED.", "NON VÉRIFIÉ (UNCHECKED).",
                            "SIN VERIFICAR (UNCHECKED)."},
    [PHRASE_EVERYTHING] = {"every field", "tout champ", "todo campo"},
    [PHRASE_UNCARRIED] = {
        "members that the message type does not carry of protected persons",
        "les membres que le type de message ne transporte pas pour les personnes protégées",
        "los miembros que el tipo de mensaje no lleva de las personas protegidas"},
    [PHRASE_DECLARED] = {"free text that is declared to speak of {}",
                         "le texte libre déclaré comme traitant de {}",
                         "el texto libre que se declara que trata de {}"},
    [PHRASE_LEVELS] = {"ORDERS OF LEVELS", "ORDRES DES NIVEAUX", "ÓRDENES DE LOS NIVELES"},
    [PHRASE_ORDER] = {"Of {}, from the most telling to the least: {}.",
                      "De {}, du plus révélateur au moins révélateur\u00a0: {}.",
                      "De {}, del más revelador al menos revelador: {}."},
    [PHRASE_AND] = {" and ", " et ", " y "},
    [PHRASE_OR] = {" or ", " ou ", " o "},
    [PHRASE_NOT] = {"not ({})", "il n'est pas vrai que ({})", "no es cierto que ({})"},
    [PHRASE_IS] = {"{} is {}", "{} est {}", "{} es {}"},
    [PHRASE_IS_NOT] = {"{} is not {}", "{} n'est pas {}", "{} no es {}"},
    [PHRASE_AMONG] = {"{} is one of {}", "{} est l'un de {}", "{} es uno de {}"},
    [PHRASE_NOT_AMONG] = {"{} is none of {}", "{} n'est aucun de {}", "{} no es ninguno de {}"},
    [PHRASE_SAME] = {"{} is the same as {}", "{} est identique à {}", "{} es igual a {}"},
    [PHRASE_NOT_SAME] = {"{} is not the same as {}", "{} n'est pas identique à {}",
                         "{} no es igual a {}"},
    [PHRASE_KNOWN] = {"{} is known", "{} est connu", "{} se conoce"},
    [PHRASE_NOT_KNOWN] = {"{} is not known", "{} n'est pas connu", "{} no se conoce"},
    /* clang-format on */
};

/* First the level, then the fields; the code of a hold or a refusal in place of the level. */
static const char *const effects[RULE_GUARANTEE + 1][2][LANGUAGE_COUNT] = {
    /* clang-format off */
    [RULE_PERMIT] = {{"It permits the release, at the level \"{}\", of: {}.",
                      "Il autorise la communication, au niveau «\u00a0{}\u00a0», de\u00a0: {}.",
                      "Autoriza la comunicación, al nivel «{}», de: {}."}},
    [RULE_LIMIT] = {{"It limits the following to the level \"{}\": {}.",
                     "Il limite ce qui suit au niveau «\u00a0{}\u00a0»\u00a0: {}.",
                     "Limita lo siguiente al nivel «{}»: {}."},
                    {"It limits everything to the level \"{}\".",
                     "Il limite tout au niveau «\u00a0{}\u00a0».",
                     "Limita todo al nivel «{}»."}},
    [RULE_FORBID] = {{"It forbids the following, which is \"{}\": {}.",
                      "Il interdit ce qui suit, qui est «\u00a0{}\u00a0»\u00a0: {}.",
                      "Prohíbe lo siguiente, que queda «{}»: {}."},
                     {"It forbids everything, which is \"{}\".",
                      "Il interdit tout, qui est «\u00a0{}\u00a0».",
                      "Prohíbe todo, que queda «{}»."}},
    [RULE_HOLD] = {{"A message is held for a person to decide ({}) if it contains: {}.",
                    "Un message est suspendu jusqu'à décision d'une personne ({}) s'il contient\u00a0: {}.",
                    "Un mensaje queda en suspenso hasta que una persona decida ({}) si contiene: {}."},
                   {"The message is held for a person to decide ({}).",
                    "Le message est suspendu jusqu'à décision d'une personne ({}).",
                    "El mensaje queda en suspenso hasta que una persona decida ({})."}},
    [RULE_REFUSE] = {{"A message is refused ({}) if it contains: {}.",
                      "Un message est refusé ({}) s'il contient\u00a0: {}.",
                      "Un mensaje se rechaza ({}) si contiene: {}."},
                     {"The message is refused ({}).", "Le message est refusé ({}).",
                      "El mensaje se rechaza ({})."}},
    [RULE_GUARANTEE] = {{"Whatever the other articles say, nothing of the following goes beyond the level \"{}\": {}.",
                         "Quoi que disent les autres articles, rien de ce qui suit ne dépasse le niveau «\u00a0{}\u00a0»\u00a0: {}.",
                         "Digan lo que digan los demás artículos, nada de lo siguiente pasa del nivel «{}»: {}."}},
    /* clang-format on */
};

static const char *const levels[LEVEL_CLEAR + 1][2][LANGUAGE_COUNT] = {
    /* clang-format off */
    [LEVEL_SILENT] = {{"withheld without a trace", "retenu sans trace", "retenido sin rastro"}},
    [LEVEL_STATED] = {{"said to be withheld", "signalé comme retenu",
                       "señalado como retenido"}},
    [LEVEL_PSEUDONYM] = {{"as a pseudonym", "sous un pseudonyme", "con un seudónimo"}},
    [LEVEL_GENERALISE] = {{"generalised", "généralisé", "generalizado"},
                          {"generalised (to {})", "généralisé ({})", "generalizado ({})"}},
    [LEVEL_MASK] = {{"masked", "masqué", "enmascarado"},
                    {"masked but for its last {} characters",
                     "masqué sauf ses {} derniers caractères",
                     "enmascarado salvo sus últimos {} caracteres"}},
    [LEVEL_CLEAR] = {{"in clear", "en clair", "en claro"}},
    /* clang-format on */
};

const char *phrase_in(enum language language, enum phrase phrase)
{
    return phrases[phrase][language];
}

const char *effect_in(enum language language, enum rule_kind kind, bool whole)
{
    return effects[kind][whole ? 1 : 0][language];
}

const char *level_in(enum language language, enum level level, bool parameter)
{
    return levels[level][parameter ? 1 : 0][language];
}

bool language_find(const char *code, enum language *ret_language)
{
    static const char *const codes[] = {"eng", "fra", "spa"};
    for (size_t i = 0; i < LANGUAGE_COUNT; i++) {
        if (strcmp(codes[i], code) != 0)
            continue;
        *ret_language = (enum language)i;
        return true;
    }
    return false;
}
