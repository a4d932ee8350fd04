"""FetchXML, the query language of Dataverse, and what SQL and `$apply` become: one kind of query, one way to run it."""
