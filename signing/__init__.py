"""Who vouches: the gate that says "this agency signed this", certificates, and the exchange's own seal."""
