# Acknowledgement of a request: when it came, who is competent, which clocks run (EIO 16 para 1,
# R-MLA-08). It goes back the way the request came.

message mla.ack schema 1
  pad 64

  from CA to CA
  from JUD, CA to JUD, CA under EIO

  purpose INVESTIGATION, PROSECUTION, EVIDENCE, CONFISCATION
  claims case_ref, instrument, lang, owner

  field received              instant                        MET required
  field competent.name        text 200                       MET required
  field competent.function    text 120                       MET
  list  clock up to 16
  field clock.deadline        code deadline                  MET required
  field clock.due             instant                        MET required

  field authority.name        text 200                       MET
  field authority.function    text 120                       MET
  field urgency.reason        text 500                       MET free
    required as reason when claim.urgency is URGENT, EMERGENCY
  field handling.text         text 500                       MET free
  field transfer.by           text 200                       MET
