"""The statuses of an image are a closed list that says what each means."""

from dataclasses import FrozenInstanceError

import pytest

from aisle.core.image_records import (
    ADDRESS_SCHEMA,
    IMAGE_RECORD_SCHEMA,
    MEASURED_SCHEMA,
    image_statuses,
    temporary_statuses,
)


class TestImageStatuses:
    @pytest.mark.parametrize("name", image_statuses())
    def test_every_status_has_a_meaning_of_one_line(self, name):
        meaning = image_statuses()[name].meaning
        assert meaning
        assert "\n" not in meaning
        assert not meaning.endswith(".")

    def test_success_comes_first(self):
        assert next(iter(image_statuses())) == "ok"

    def test_what_a_server_said_for_good_is_not_temporary(self):
        assert not temporary_statuses() & {"ok", "http_4xx", "opted_out", "blocked_address", "invalid_link"}

    def test_what_may_pass_is_temporary(self):
        assert {"timeout", "http_5xx", "too_many_requests", "set_aside"} <= temporary_statuses()

    def test_the_list_cannot_be_changed(self):
        with pytest.raises(TypeError):
            image_statuses()["mine"] = image_statuses()["ok"]
        with pytest.raises(FrozenInstanceError):
            image_statuses()["ok"].meaning = "something else"


class TestSchemas:
    @pytest.mark.parametrize("schema", [ADDRESS_SCHEMA, IMAGE_RECORD_SCHEMA, MEASURED_SCHEMA])
    def test_every_schema_is_keyed_by_the_address_and_knows_no_null(self, schema):
        assert schema.names[0] == "address"
        assert not any(field.nullable for field in schema)

    def test_what_is_measured_lies_outside_the_record(self):
        assert set(IMAGE_RECORD_SCHEMA.names) & set(MEASURED_SCHEMA.names) == {"address"}
