"""The parts of OData 4.0 that both sandbox servers speak: queries, SQL for them, batch codecs, answers."""
