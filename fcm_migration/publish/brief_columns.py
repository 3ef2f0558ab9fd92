"""What columns of the views of the schema ``brief`` say, where several of them have one."""

from __future__ import annotations

from fcm_migration.publish.entry import AGE, AS_OF, DESTINATION_CODE, SOURCE, UNIT

AGES = {"age_months": AGE, "age_words": "The same in words: 3 months."}
UNITS = {"unit": UNIT, "unit_words": "The same as people say it: people for persons."}
ORIGIN_OF_FIGURE = {"source_id": SOURCE, "as_of_date": AS_OF, "destination_iso3": DESTINATION_CODE}
CODE = {"indicator": "Code of what is counted."}
WHAT = "What is counted, with where, as a sentence begins."
