"""`?sql=SELECT …`: text, by a small grammar, to the kind of query FetchXML makes; none of it is run as it is."""
