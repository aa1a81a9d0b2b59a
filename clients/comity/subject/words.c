#include "comity/subject/words.h"

static const char *const phrases[SUBJECT_PHRASES][LANGUAGE_COUNT] = {
    /* clang-format off */
    [SUBJECT_TITLE] = {"WHAT WAS DISCLOSED ABOUT YOU", "CE QUI A ÉTÉ COMMUNIQUÉ À VOTRE SUJET",
                       "QUÉ SE HA COMUNICADO SOBRE USTED"},
    [SUBJECT_CASE] = {"Case: {}, as {} calls it.", "Affaire\u00a0: {}, telle que {} la désigne.",
                      "Asunto: {}, tal como lo denomina {}."},
    [SUBJECT_PERSON] = {"You are called {} in it.", "Vous y êtes désigné(e) par {}.",
                        "En él se le designa como {}."},
    [SUBJECT_SOURCE] = {
        "This statement was made on {} from the audit log of {}, whose entries nobody can change "
        "afterwards without being noticed.",
        "Cette déclaration a été établie le {} d'après le journal d'audit de {}, dont personne ne "
        "peut modifier les inscriptions après coup sans que cela se remarque.",
        "Esta declaración se hizo el {} a partir del registro de auditoría de {}, cuyas anotaciones "
        "nadie puede cambiar después sin que se note."},
    [SUBJECT_SHOWN] = {"DISCLOSURES", "COMMUNICATIONS", "COMUNICACIONES"},
    [SUBJECT_NONE] = {
        "Nothing that may be stated here was found.",
        "Rien de ce qui peut être indiqué ici n'a été trouvé.",
        "No se ha encontrado nada que pueda indicarse aquí."},
    [SUBJECT_DISCLOSED] = {"{}: a message was passed on to {}.",
                           "{}\u00a0: un message a été transmis à {}.",
                           "{}: se transmitió un mensaje a {}."},
    [SUBJECT_SENDER] = {"Sent by: {}.", "Envoyé par\u00a0: {}.", "Enviado por: {}."},
    [SUBJECT_PURPOSE] = {"Purpose: {}.", "Finalité\u00a0: {}.", "Finalidad: {}."},
    [SUBJECT_BASIS] = {"Legal basis: {}.", "Fondement juridique\u00a0: {}.",
                       "Fundamento jurídico: {}."},
    [SUBJECT_TRANSFER] = {"Basis of the transfer to the other State: {} {}.",
                          "Fondement du transfert à l'autre État\u00a0: {} {}.",
                          "Fundamento de la transferencia al otro Estado: {} {}."},
    [SUBJECT_CATEGORIES] = {"Kinds of data, about all whom the message names: {}.",
                            "Types de données, concernant toutes les personnes que le message "
                            "nomme\u00a0: {}.",
                            "Tipos de datos, sobre todas las personas que el mensaje nombra: {}."},
    [SUBJECT_NO_CATEGORY] = {"Which kinds of data it showed is not stated.",
                             "Les types de données qu'il montrait ne sont pas indiqués.",
                             "No se indica qué tipos de datos mostraba."},
    [SUBJECT_GROUND] = {"The message says no to something, or not yet, on the ground {}.",
                        "Le message oppose un refus ou un report, au motif {}.",
                        "El mensaje deniega o aplaza algo, por el motivo {}."},
    [SUBJECT_STOPPED] = {"NOT PASSED ON", "NON TRANSMIS", "NO TRANSMITIDO"},
    [SUBJECT_REFUSED] = {"{}: a message to {} was refused and nothing of it was passed on.",
                         "{}\u00a0: un message à {} a été refusé et rien n'en a été transmis.",
                         "{}: se rechazó un mensaje a {} y no se transmitió nada de él."},
    [SUBJECT_CODE] = {"Reason: {}.", "Motif\u00a0: {}.", "Motivo: {}."},
    [SUBJECT_UNSAID_HEADING] = {"WHAT THIS STATEMENT DOES NOT SAY",
                                "CE QUE CETTE DÉCLARATION NE DIT PAS",
                                "LO QUE ESTA DECLARACIÓN NO DICE"},
    [SUBJECT_UNSAID] = {
        "This paragraph stands in every statement, whether there is anything more or not. The law "
        "allows information to be delayed, restricted or left out where it would obstruct an inquiry "
        "or a prosecution, or endanger public security or the rights of others (Directive (EU) "
        "2016/680, articles 13(3) and 15). So it is neither confirmed nor denied that there are "
        "other messages about you, that data of other kinds were shown, or that anything concerns "
        "international protection or the protection of witnesses. What was erased can be found no "
        "more.",
        "Ce paragraphe figure dans toute déclaration, qu'il y ait autre chose ou non. La loi permet "
        "de retarder, de limiter ou de ne pas fournir une information lorsqu'elle gênerait une "
        "enquête ou des poursuites, ou nuirait à la sécurité publique ou aux droits d'autrui "
        "(directive (UE) 2016/680, articles 13, paragraphe 3, et 15). Il n'est donc ni confirmé ni "
        "infirmé qu'il existe d'autres messages à votre sujet, que des données d'autres types ont "
        "été montrées, ou que quoi que ce soit concerne la protection internationale ou la "
        "protection de témoins. Ce qui a été effacé ne peut plus être retrouvé.",
        "Este párrafo figura en toda declaración, haya o no algo más. La ley permite retrasar, "
        "limitar u omitir una información cuando obstaculizaría una investigación o un "
        "enjuiciamiento, o pondría en peligro la seguridad pública o los derechos de otras personas "
        "(Directiva (UE) 2016/680, artículos 13, apartado 3, y 15). Por ello ni se confirma ni se "
        "niega que haya otros mensajes sobre usted, que se hayan mostrado datos de otros tipos, o "
        "que algo se refiera a la protección internacional o a la protección de testigos. Lo que se "
        "ha suprimido ya no puede encontrarse."},
    [SUBJECT_RIGHTS_HEADING] = {"YOUR RIGHTS AND THE TIME LIMITS", "VOS DROITS ET LES DÉLAIS",
                                "SUS DERECHOS Y LOS PLAZOS"},
    [SUBJECT_RIGHTS] = {
        "You may ask the sender for access to your data, for their correction, their erasure or the "
        "restriction of their use (articles 14 and 16). What is corrected or erased is told to "
        "those who received it (articles 7(3) and 16(6)).",
        "Vous pouvez demander à l'expéditeur l'accès à vos données, leur rectification, leur "
        "effacement ou la limitation de leur utilisation (articles 14 et 16). Ce qui est rectifié "
        "ou effacé est notifié à ceux qui l'ont reçu (articles 7, paragraphe 3, et 16, paragraphe "
        "6).",
        "Puede pedir al remitente el acceso a sus datos, su rectificación, su supresión o la "
        "limitación de su uso (artículos 14 y 16). Lo que se rectifica o suprime se comunica a "
        "quienes lo recibieron (artículos 7, apartado 3, y 16, apartado 6)."},
    [SUBJECT_TERMS] = {
        "You must be answered in writing without undue delay (article 12(3)); where the GDPR applies, "
        "within one month, or three where that was said and explained within the first (its article "
        "12(3)). A refusal must be given in writing, with its reasons unless they may not be told; "
        "the reasons are kept for the data-protection authority (article 15(3) and (4)).",
        "Il doit vous être répondu par écrit dans les meilleurs délais (article 12, paragraphe 3)\u00a0; "
        "lorsque le RGPD s'applique, dans un délai d'un mois, ou de trois si cela vous a été annoncé et "
        "expliqué au cours du premier (son article 12, paragraphe 3). Un refus doit être donné par "
        "écrit, avec ses motifs sauf s'ils ne peuvent être communiqués\u00a0; les motifs sont conservés "
        "pour l'autorité de protection des données (article 15, paragraphes 3 et 4).",
        "Se le debe responder por escrito sin dilación indebida (artículo 12, apartado 3); cuando se "
        "aplica el RGPD, en el plazo de un mes, o de tres si así se le comunicó y explicó durante el "
        "primero (su artículo 12, apartado 3). Una denegación debe darse por escrito, con sus motivos "
        "salvo que no puedan comunicarse; los motivos se conservan para la autoridad de protección de "
        "datos (artículo 15, apartados 3 y 4)."},
    [SUBJECT_COMPLAIN] = {
        "You may complain to the data-protection authority: {} ({}). It can also check for you what "
        "may not be told to you (articles 17 and 52), and you may go to court (article 54).",
        "Vous pouvez introduire une réclamation auprès de l'autorité de protection des données\u00a0: {} "
        "({}). Elle peut aussi vérifier pour vous ce qui ne peut vous être communiqué (articles 17 et "
        "52), et vous pouvez saisir la justice (article 54).",
        "Puede presentar una reclamación ante la autoridad de protección de datos: {} ({}). También "
        "puede comprobar por usted lo que no se le puede comunicar (artículos 17 y 52), y puede acudir "
        "a los tribunales (artículo 54)."},
    [SUBJECT_COMPLAIN_ANY] = {
        "You may complain to the data-protection authority of {}. It can also check for you what may "
        "not be told to you (articles 17 and 52), and you may go to court (article 54).",
        "Vous pouvez introduire une réclamation auprès de l'autorité de protection des données de {}. "
        "Elle peut aussi vérifier pour vous ce qui ne peut vous être communiqué (articles 17 et 52), et "
        "vous pouvez saisir la justice (article 54).",
        "Puede presentar una reclamación ante la autoridad de protección de datos de {}. También puede "
        "comprobar por usted lo que no se le puede comunicar (artículos 17 y 52), y puede acudir a los "
        "tribunales (artículo 54)."},
    [SUBJECT_LOGGED] = {
        "That this was looked up has been entered in the same log.",
        "Cette recherche a été inscrite dans le même journal.",
        "Esta consulta se ha anotado en el mismo registro."},
    /* clang-format on */
};

struct word {
    const char *code;
    const char *in[LANGUAGE_COUNT];
};

static const struct word categories[] = {
    /* clang-format off */
    {"MET", {"case numbers and dates", "numéros et dates de l'affaire", "números y fechas del asunto"}},
    {"DEM", {"age group, sex, citizenship", "tranche d'âge, sexe, nationalité", "grupo de edad, sexo, nacionalidad"}},
    {"ID", {"identity", "identité", "identidad"}},
    {"CON", {"contact details", "coordonnées", "datos de contacto"}},
    {"LOC", {"present whereabouts", "lieu où la personne se trouve", "paradero actual"}},
    {"PLC", {"places of past events", "lieux d'événements passés", "lugares de hechos pasados"}},
    {"CHD", {"child protection", "protection de l'enfance", "protección de menores"}},
    {"HLT", {"health", "santé", "salud"}},
    {"SPC", {"origin, beliefs or orientation", "origine, convictions ou orientation", "origen, convicciones u orientación"}},
    {"BIO", {"biometric or genetic data", "données biométriques ou génétiques", "datos biométricos o genéticos"}},
    {"FIN", {"financial data", "données financières", "datos financieros"}},
    {"COM", {"communications data", "données de communication", "datos de comunicaciones"}},
    {"CRM", {"allegations or criminal record", "accusations ou antécédents pénaux", "acusaciones o antecedentes penales"}},
    {"VIC", {"what was suffered", "ce qui a été subi", "lo que se ha sufrido"}},
    {"OPS", {"how authorities work", "méthodes des autorités", "métodos de las autoridades"}},
    {"EVD", {"evidence", "éléments de preuve", "pruebas"}},
    {"PRV", {"what is privileged", "ce qui est couvert par un secret ou une immunité", "lo amparado por secreto o inmunidad"}},
    /* clang-format on */
};

static const struct word purposes[] = {
    /* clang-format off */
    {"INVESTIGATION", {"investigation", "enquête", "investigación"}},
    {"PROSECUTION", {"prosecution", "poursuites", "enjuiciamiento"}},
    {"EVIDENCE", {"evidence", "preuve", "prueba"}},
    {"CONFISCATION", {"confiscation", "confiscation", "decomiso"}},
    {"FIN_INTEL", {"financial intelligence", "renseignement financier", "inteligencia financiera"}},
    {"PROTECTION", {"protection of victims", "protection des victimes", "protección de las víctimas"}},
    {"CHILD_PROTECTION", {"protection of children", "protection de l'enfance", "protección de menores"}},
    {"FAMILY", {"tracing of family", "recherche de la famille", "búsqueda de la familia"}},
    {"RETURN", {"return", "retour", "retorno"}},
    {"STATISTICS", {"statistics", "statistiques", "estadísticas"}},
    {"AUDIT", {"audit", "audit", "auditoría"}},
    {"DP_RIGHTS", {"rights of data subjects", "droits des personnes concernées", "derechos de los interesados"}},
    /* clang-format on */
};

const char *subject_phrase_in(enum language language, enum subject_phrase phrase)
{
    return phrases[phrase][language];
}

static const char *word_in(const struct word *words, size_t count, enum language language,
                           struct slice code)
{
    for (size_t i = 0; i < count; i++)
        if (slice_is(code, words[i].code))
            return words[i].in[language];
    return NULL;
}

const char *subject_category_in(enum language language, struct slice category)
{
    return word_in(categories, sizeof categories / sizeof categories[0], language, category);
}

const char *subject_purpose_in(enum language language, struct slice purpose)
{
    return word_in(purposes, sizeof purposes / sizeof purposes[0], language, purpose);
}
