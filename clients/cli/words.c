/*
 * The catalogue's side of the codes: one table, translated when it is read.
 * JSON and files keep the codes themselves, in every language.
 */
#include "clients/cli/words.h"
#include "clients/cli/ctl.h"

#include <string.h>

struct word {
    const struct vocabulary *of;
    const char *code;
    const char *text;
};

static const struct word table[] = {
    /* Why a candidate is not in the answer. */
    {&words_change, "put", N_("written")},
    {&words_change, "delete", N_("deleted")},
    {&words_change, "reference", N_("new table")},
    {&words_reason, "INACTIVE", N_("the structure is not active")},
    {&words_reason, "AGREEMENT_EXPIRED",
     N_("its agreement does not cover the start of the lot")},
    {&words_reason, "KIND_NOT_ALLOWED",
     N_("the clause is not for structures of this kind")},
    {&words_reason, "SHARE_LT_50",
     N_("fewer than half of its workers are disabled or disadvantaged")},
    {&words_reason, "MODE_NOT_ALLOWED",
     N_("it does not work in the way the lot asks for")},
    {&words_reason, "ACTIVITY", N_("it does not do this work")},
    {&words_reason, "NATIONWIDE_EXCLUDED",
     N_("set aside by the question about nationwide offers")},
    {&words_reason, "ZONE", N_("it does not work in this place")},
    {&words_reason, "NO_CAPACITY", N_("no free hours left")},
    {&words_reason, "AMOUNT", N_("the lot is too small or too large for it")},
    {&words_reason, "NO_CONSENT",
     N_("no consent, or no contact for two years")},
    {&words_reason, "SUSPENDED", N_("the PASS is suspended at the start")},
    {&words_reason, "EXPIRED",
     N_("was eligible, but the proof no longer holds at the start")},
    {&words_reason, "NOT_ELIGIBLE",
     N_("not among those whom the clause is for")},
    {&words_reason, "JOB", N_("looks for other work")},
    {&words_reason, "DISTANCE", N_("too far from home")},
    {&words_reason, "MOBILITY", N_("no vehicle or licence as the job needs")},
    {&words_reason, "NOT_AVAILABLE", N_("not available in time")},
    {&words_reason, "HOURS", N_("the weekly hours do not suit")},
    /* What to know about a candidate that is in the answer. */
    {&words_mark, "SHARE_UNKNOWN",
     N_("share of disabled or disadvantaged workers unknown: check")},
    {&words_mark, "APPROXIMATE", N_("distance approximate")},
    {&words_mark, "DERIVED", N_("activity guessed, not declared: ask")},
    /* What to know about a lot. */
    {&words_warning, "KIND_EITI",
     N_("EITI in the answer: check that the clause admits them")},
    {&words_warning, "KIND_SEP",
     N_("prison workshops in the answer: check that the clause admits them")},
    {&words_warning, "RES_ESS",
     N_("reserved to the social economy: check the firm's statute and the "
        "services concerned")},
    {&words_warning, "RES_UNKNOWN",
     N_("the notice does not say to whom the lot is reserved")},
    {&words_warning, "NO_PLACE",
     N_("the lot names no place: distance and coverage are not known")},
    {&words_warning, "NOT_OPEN", N_("the market is not open")},
    {&words_route_step, "COMMUNE", N_("by its commune")},
    {&words_route_step, "EPCI", N_("by its EPCI")},
    {&words_route_step, "DEPARTMENT", N_("by its department")},
    {&words_route_why, "NO_FACILITATOR", N_("no facilitator")},
    {&words_route_why, "OVERSEAS", N_("overseas nobody is next door")},
    {&words_route_why, "NONE_NEAR", N_("none near enough")},
    {&words_route_why, "NO_COORDINATOR", N_("no coordinator of the region")},
    {&words_cover, "full", N_("whole")},
    {&words_cover, "partial", N_("part")},
    /* The parts of a score. */
    {&words_component, "activity", N_("activity")},
    {&words_component, "coverage", N_("coverage of the place")},
    {&words_component, "proximity", N_("proximity")},
    {&words_component, "capacity", N_("free hours")},
    {&words_component, "jobs", N_("jobs staffed")},
    {&words_component, "job", N_("job wanted")},
    {&words_component, "distance", N_("distance to work")},
    {&words_component, "waiting", N_("time waited")},
    {&words_component, "availability", N_("availability")},
    {&words_structure_status, "active", N_("active")},
    {&words_structure_status, "inactive", N_("inactive")},
    {&words_structure_status, "suspended", N_("suspended")},
    {&words_structure_status, "closed", N_("closed")},
    {&words_market_status, "DRAFT", N_("draft")},
    {&words_market_status, "PLANNED", N_("planned")},
    {&words_market_status, "OPEN", N_("open")},
    {&words_market_status, "CLOSED", N_("closed")},
    {&words_market_status, "AWARDED", N_("awarded")},
    {&words_market_status, "UNSUCCESSFUL", N_("unsuccessful")},
    {&words_market_status, "CANCELLED", N_("cancelled")},
    {&words_contract_type, "WORKS", N_("works")},
    {&words_contract_type, "SUPPLIES", N_("supplies")},
    {&words_contract_type, "SERVICES", N_("services")},
    {&words_contract_type, "CONCESSION", N_("concession")},
    {&words_buyer_category, "STATE", N_("the State")},
    {&words_buyer_category, "LOCAL", N_("local authority")},
    {&words_buyer_category, "OTHER_PA", N_("other contracting authority")},
    {&words_buyer_category, "NETWORK_ENTITY", N_("network entity")},
    {&words_buyer_category, "PRIVATE", N_("private buyer")},
    {&words_exemption, "READY_MADE", N_("a ready-made solution serves")},
    {&words_exemption, "NO_LINK", N_("no sufficient link with the object")},
    {&words_exemption, "COMPETITION",
     N_("it would restrict competition or make the work hard to carry out")},
    {&words_exemption, "SHORT_WORKS", N_("works shorter than six months")},
    /* Must a market have a clause? */
    {&words_obligation, "MANDATORY", N_("A clause of insertion is mandatory")},
    {&words_obligation, "EXEMPT",
     N_("A clause of insertion would be mandatory; the buyer recorded why "
        "there is none")},
    {&words_obligation, "NOT_MANDATORY",
     N_("A clause of insertion is not mandatory; it stays possible")},
    {&words_obligation, "NOT_COVERED",
     N_("The obligation does not cover this contract")},
    {&words_obligation, "UNKNOWN",
     N_("Whether a clause of insertion is mandatory cannot be told yet")},
    {&words_obligation_reason, "DEFENCE",
     N_("contract of defence or security (CCP L2312-1)")},
    {&words_obligation_reason, "PRIVATE_BUYER",
     N_("the buyer is private: the contract alone decides")},
    {&words_obligation_reason, "BEFORE_LAW",
     N_("launched before the obligation came into force")},
    {&words_obligation_reason, "LAUNCH_ASSUMED",
     N_("not launched yet: judged as if it were on the day shown")},
    {&words_obligation_reason, "NO_LAUNCH",
     N_("the day of the launch is missing (launch_on)")},
    {&words_obligation_reason, "NO_TYPE",
     N_("the kind of contract is missing (contract_type)")},
    {&words_obligation_reason, "NO_BUYER",
     N_("the category of the buyer is missing (buyer.category)")},
    {&words_obligation_reason, "NO_AMOUNT",
     N_("the estimated amount is missing, of the market or of a lot")},
    {&words_obligation_reason, "NO_THRESHOLD",
     N_("the table of thresholds has none for that day: import the new one")},
    {&words_obligation_reason, "AMOUNT_OF_LOTS",
     N_("the amount is the sum of the lots")},
    {&words_obligation_reason, "BELOW_THRESHOLD",
     N_("the amount is below the European threshold")},
    {&words_obligation_reason, "REACHES_THRESHOLD",
     N_("the amount reaches the European threshold")},
    {&words_obligation_reason, "EXEMPTED",
     N_("the buyer may leave it out for the recorded reason, which must be "
        "kept in the file")},
    {&words_obligation_reason, "EXEMPTION_NOT_OPEN",
     N_("the recorded reason is not open to this kind of contract")},
    {&words_obligation_reason, "EXEMPTION_TOO_LONG",
     N_("the recorded reason is for shorter works")},
    {&words_obligation_reason, "NO_DURATION",
     N_("check the duration: a lot does not say its months")},
    {&words_obligation_reason, "SHORT_WORKS",
     N_("works this short: the buyer may record that reason and leave it "
        "out")},
    {&words_obligation_reason, "NO_CLAUSE", N_("no lot has the clause yet")},
    /* Eligibility. */
    {&words_pass_state, "NONE", N_("No PASS IAE")},
    {&words_pass_state, "VALID", N_("PASS IAE valid")},
    {&words_pass_state, "SUSPENDED", N_("PASS IAE suspended")},
    {&words_pass_state, "WAITING",
     N_("PASS IAE over; a prescriber alone may reopen a path")},
    {&words_pass_state, "OVER", N_("PASS IAE over")},
    {&words_diagnostician, "PRESCRIBER", N_("a prescriber")},
    {&words_diagnostician, "EMPLOYER", N_("the employer")},
    {&words_eligible_by, "PASS", N_("by the PASS IAE")},
    {&words_eligible_by, "PRESCRIBER", N_("by the prescriber's diagnosis")},
    {&words_eligible_by, "EMPLOYER", N_("by the employer's diagnosis")},
    {&words_eligible_by, "CRITERIA",
     N_("by the criteria: the employer may make the diagnosis")},
    {&words_ineligible, "SUSPENDED", N_("the PASS IAE is suspended")},
    {&words_ineligible, "WAITING",
     N_("a PASS IAE ended less than two years ago: a prescriber must decide")},
    {&words_ineligible, "OTHER_EMPLOYER",
     N_("another employer made the diagnosis, whom alone it serves")},
    {&words_ineligible, "EXPIRED", N_("a diagnosis or a proof is over")},
    {&words_ineligible, "CRITERIA", N_("too few criteria")},
    {&words_ineligible, "NO_RULE",
     N_("the table has no rule for this kind on that day")},
    {&words_ai_limit, "AI_480H",
     N_("the limit of hours in firms would be passed")},
    {&words_ai_limit, "AI_LAYOFF",
     N_("an economic lay-off took place there too recently")},
    {&words_ai_limit, "NO_RULE", N_("the table has no rule on that day")},
    {&words_proof, "ALLOWANCE", N_("certificate of the allowance")},
    {&words_proof, "REGISTRATION", N_("certificate of registration")},
    {&words_proof, "SWORN", N_("sworn statement")},
    {&words_proof, "IDENTITY", N_("identity document")},
    {&words_proof, "CHILD_WELFARE", N_("certificate of child welfare")},
    {&words_proof, "DECISION", N_("decision as a disabled worker")},
    {&words_proof, "FAMILY", N_("certificate of the family's situation")},
    {&words_proof, "HOUSING", N_("certificate of housing")},
    {&words_proof, "PERMIT", N_("residence permit")},
    {&words_proof, "RESIDENCE", N_("proof of address")},
    {&words_proof, "JUSTICE", N_("certificate of the justice service")},
    {&words_proof, "LANGUAGE", N_("assessment of French")},
    {&words_proof, "MOBILITY", N_("assessment of mobility")},
    {&words_rescore_problem, "CRASHED",
     N_("the daemon ended at it three times")},
    {&words_rescore_problem, "NO_MEMORY", N_("memory was short")},
    {&words_rescore_problem, "DAMAGED", N_("the store is damaged there")},
    {&words_rescore_problem, "FULL", N_("the store was full")},
    {&words_rescore_problem, "INTERNAL", N_("the daemon made a mistake")},
    /* Hours of insertion. */
    {&words_hours_size, "ENOUGH", N_("enough for a clause of its own")},
    {&words_hours_size, "POOL", N_("to be pooled with other clauses")},
    {&words_hours_size, "SMALL", N_("too few for a clause")},
    {&words_hours_assumed, "LABOUR_SHARE", N_("share of labour")},
    {&words_hours_assumed, "RATE", N_("rate of insertion")},
    {&words_hours_assumed, "HOURLY_COST", N_("cost of an hour")},
    {&words_hours_assumed, "HOURS_WEEK", N_("hours a week")},
    {&words_hours_limit, "WEEK", N_("the weekly hours do not suit")},
    {&words_hours_limit, "WEEK_TOO_SHORT",
     N_("too few hours a week for this contract")},
    {&words_hours_limit, "AI_480H",
     N_("an AI may lend nobody to firms for longer")},
    {&words_hours_limit, "CAP", N_("no more hours than that")},
    {&words_hours_limit, "NOT_AVAILABLE", N_("not available in time")},
    {&words_pool_reason, "SAME_ROME", N_("same occupation")},
    {&words_pool_reason, "LINKED_ROME", N_("neighbouring occupation")},
    {&words_pool_reason, "SAME_FAMILY", N_("same family of occupations")},
    {&words_pool_reason, "SAME_COMMUNE", N_("same commune")},
    {&words_pool_reason, "NEAR", N_("near")},
    {&words_pool_reason, "NEXT", N_("one after the other")},
    {&words_pool_reason, "SIDE_BY_SIDE", N_("side by side")},
    {&words_pool_reason, "LONG_ENOUGH",
     N_("long enough for an insertion contract")},
    {&words_pool_reason, "STILL_SHORT",
     N_("still short for an insertion contract")},
    {&words_hours_alert, "NOT_STARTED", N_("nothing done yet")},
    {&words_hours_alert, "BEHIND", N_("behind schedule")},
    {&words_hours_alert, "OVERDUE", N_("the end has passed")},
    {&words_hours_alert, "NO_SCHEDULE", N_("no schedule is known")},
    {&words_entity, "structure", N_("structure")},
    {&words_entity, "market", N_("market")},
    /* Assessments. */
    {&words_assess_point, "A1", N_("law")},
    {&words_assess_point, "A2", N_("hours of insertion")},
    {&words_assess_point, "A3", N_("months")},
    {&words_assess_point, "A4", N_("labour")},
    {&words_assess_point, "A5", N_("seats within reach of people here")},
    {&words_assess_point, "A6", N_("eligible people for the seats")},
    {&words_assess_point, "A7", N_("structures")},
    {&words_assess_point, "A8", N_("communes without a facilitator")},
    {&words_assess_point, "B1", N_("offers possible")},
    {&words_assess_point, "B2", N_("free hours for those asked")},
    {&words_assess_point, "B3", N_("operators that would not depend on it")},
    {&words_assess_point, "B4", N_("chance of no offer")},
    {&words_assess_point, "B5", N_("operators among the structures")},
    {&words_assess_point, "B6", N_("working days to the deadline")},
    {&words_assess_point, "B7", N_("earlier ones without an offer")},
    {&words_assess_verdict, "GOOD", N_("good")},
    {&words_assess_verdict, "FAIR", N_("fair")},
    {&words_assess_verdict, "POOR", N_("poor")},
    {&words_assess_verdict, "UNKNOWN", N_("to be checked")},
    {&words_assess_reason, "OBLIGED", N_("the clause is mandatory")},
    {&words_assess_reason, "EXEMPT", N_("the buyer is exempt")},
    {&words_assess_reason, "NOT_OBLIGED", N_("the clause is free")},
    {&words_assess_reason, "H_SMALL", N_("too few hours for a clause alone")},
    {&words_assess_reason, "H_POOL", N_("pool the hours with other lots")},
    {&words_assess_reason, "H_SHORT", N_("too short")},
    {&words_assess_reason, "LOW_LABOUR", N_("too little labour in it")},
    {&words_assess_reason, "TOO_TECHNICAL",
     N_("too few people here can do these jobs")},
    {&words_assess_reason, "NO_PUBLIC", N_("too few eligible people here")},
    {&words_assess_reason, "NO_SUPPLY", N_("no structure fits")},
    {&words_assess_reason, "LOW_CAPACITY", N_("too few free hours")},
    {&words_assess_reason, "WHITE_ZONE", N_("nobody accompanies it")},
    {&words_assess_reason, "FALLBACK",
     N_("somebody from elsewhere takes over")},
    {&words_assess_reason, "FEW_STRUCTURES", N_("too few offers possible")},
    {&words_assess_reason, "DEPENDENCE",
     N_("too large for those who could answer")},
    {&words_assess_reason, "NO_INTEREST", N_("offers are unlikely")},
    {&words_assess_reason, "SAME_UNIT", N_("several are one operator")},
    {&words_assess_reason, "SHORT_DELAY", N_("too little time to answer")},
    {&words_assess_reason, "PAST_FAILURES", N_("the like has failed before")},
    {&words_assess_reason, "NO_DATA", N_("the figures are missing")},
    {&words_assess_worth, "YES", N_("yes")},
    {&words_assess_worth, "POOL", N_("with other lots")},
    {&words_assess_worth, "UNKNOWN", N_("not known")},
    {&words_assess_worth, "NO", N_("no")},
    {&words_assess_advice, "RESERVE_ALL", N_("all may be reserved")},
    {&words_assess_advice, "RESERVE_LOT", N_("a lot may be reserved")},
    {&words_assess_advice, "CLAUSE", N_("an execution clause")},
    {&words_assess_advice, "NONE", N_("no clause")},
    {&words_assess_risk, "LOW", N_("low risk")},
    {&words_assess_risk, "MEDIUM", N_("medium risk")},
    {&words_assess_risk, "HIGH", N_("high risk")},
    {&words_assess_change, "DELAY", N_("a longer delay")},
    {&words_assess_change, "GROUP", N_("groups allowed")},
    {&words_assess_change, "SPLIT", N_("more, smaller lots")},
    {&words_assess_change, "ENLARGE",
     N_("reserved to both families (L2113-14)")},
    {&words_assess_change, "EXEC", N_("not reserved, an execution clause")},
    {&words_clause_kind, "EXEC", N_("execution clause")},
    {&words_clause_kind, "EXEC_MANDATORY", N_("mandatory execution clause")},
    {&words_clause_kind, "CRIT", N_("award criterion")},
    {&words_clause_kind, "RES_IAE", N_("reserved to SIAE (L2113-13)")},
    {&words_clause_kind, "RES_HAND", N_("reserved to EA and ESAT (L2113-12)")},
    {&words_clause_kind, "RES_MIX", N_("reserved to both families (L2113-14)")},
    {&words_entity, "profile", N_("profile")},
    {&words_entity, "facilitator", N_("facilitator")},
    {&words_entity, "hours", N_("hours")},
    {&words_entity, "key", N_("key")},
    {&words_key_role, "portal", N_("portal")},
    {&words_key_role, "facilitator", N_("facilitator")},
    {&words_key_role, "batch", N_("batch")},
    {&words_key_role, "admin", N_("admin")},
};

const char *words_of(const struct vocabulary *vocabulary, const char *code)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].of == vocabulary && !strcmp(table[i].code, code))
            return _(table[i].text);
    return code;
}

const char *words_of_type(enum field_type type)
{
    switch (type) {
    case TYPE_INT:
        return _("whole number");
    case TYPE_BOOL:
        return _("true or false");
    case TYPE_DATE:
        return _("date YYYY-MM-DD");
    case TYPE_TIME:
        return _("date, or time with its offset");
    case TYPE_DEG:
        return _("decimal degrees");
    case TYPE_ENUM:
        return _("one of");
    case TYPE_STR:
        return _("text");
    case TYPE_ID:
        return _("id: letters, digits . _ : -");
    case TYPE_SIRET:
        return _("SIRET, 14 digits");
    case TYPE_COMMUNE:
        return _("INSEE code of a commune");
    case TYPE_CPV:
        return _("CPV code");
    case TYPE_ROME:
        return _("ROME code");
    case TYPE_ZONE:
        return _("territory: COM: EPCI: DEP: REG: NEAR:commune:km FR");
    case TYPE_STRS:
        return _("texts");
    case TYPE_CPVS:
        return _("CPV codes");
    case TYPE_ROMES:
        return _("ROME codes");
    case TYPE_ZONES:
        return _("territories: COM: EPCI: DEP: REG: NEAR:commune:km FR");
    case TYPE_ENUMS:
        return _("any of");
    case TYPE_LIST:
        return _("a list; this column numbers its elements");
    case TYPE_ONE:
    case TYPE_ROWS:
        return "";
    }
    return "";
}
