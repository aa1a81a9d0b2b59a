# Proof that a correction, erasure or restriction was carried out, and who else was told
# (R-LED-09).

message dp.action.ack schema 1
  pad 64

  from CA, JUD, POL, FIU, NRM, CPS, NGO, FOR, LABI, ASY to CA, JUD, POL, FIU, NRM, CPS, NGO, FOR,
    LABI, ASY

  purpose INVESTIGATION, PROSECUTION, EVIDENCE, CONFISCATION, FIN_INTEL, PROTECTION,
    CHILD_PROTECTION, FAMILY, RETURN, DP_RIGHTS
  claims case_ref, instrument, legal_basis, lang, owner

  field action_ref                   text 36                    MET required
  list  done up to 100
  field done.data_ref                text 36                    MET required
  field done.at                      instant                    MET
  field done.text                    text 500                   MET free
  field onward                       up to 32 recipient         MET or as onward
  field at                           instant                    MET required

  # Who sends it, and what urgency, handling and transfer need in words.
  field authority.name               text 200                   MET
  field authority.function           text 120                   MET
  field urgency.reason               text 500                   MET free
    required as reason when claim.urgency is URGENT, EMERGENCY
  field handling.text                text 500                   MET free
  field transfer.by                  text 200                   MET
