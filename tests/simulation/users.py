"""What people do in the two systems: create, edit, delete, restore, block, rename and merge records."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random  # noqa: TID251 - chance with a seed is what a simulation is made of

from tests.simulation.oracle import Oracle
from tests.simulation.systems import SimulatedSystem
from tests.simulation.tables import CONTACT, CUSTOMER, KINDS, TABLE, USER_FIELDS, kind_of, mapping_of
from tests.simulation.weather import Weather

from crosstie.model.value import Value
from crosstie.model.words import MappingName, OnDeletion, RecordId, Side

VALUES = ("a", "b", "long", None)
"""Few values, so that they repeat and collide; one that the ERP cuts."""
ENOUGH = 2
"""So many records in a table make a new one rare: many edits of few records are the point."""


@dataclass
class Users:
    """The hands at both systems."""

    random: Random
    systems: Mapping[Side, SimulatedSystem]
    mappings: Sequence[MappingName]
    on_deletion: OnDeletion
    oracle: Oracle
    weather: Weather
    wait: Callable[[timedelta], None]
    is_known: Callable[[MappingName, Side, RecordId], bool]
    """Whether the product has the record coupled."""
    is_keyless: bool = False
    """Whether nothing but its values tells which record a create of the product made."""
    origins: int = 0

    def act(self) -> None:
        """One user does one thing."""
        self.wait(timedelta(seconds=self.random.choice((1, 10, 400))))
        side = self.random.choice((Side.ERP, Side.CRM))
        mapping = self.random.choice(self.mappings)
        mine = self._mine(mapping, side)
        if not mine or self.random.random() < (0.05 if len(mine) >= ENOUGH else 0.3):
            self._create(mapping, side)
            return
        id_, what = self.random.choice(mine), self.random.random()
        if what < 0.04:
            self._delete(mapping, side, id_)
        elif what < 0.08:
            self.systems[side].put(TABLE[mapping][side], id_, {})
            self._note("touch", side, id_)
        elif what < 0.13:
            self._block(mapping)
        elif what < 0.17:
            self._rename(mapping)
        elif what < 0.20:
            self._merge(mapping)
        elif what < 0.23:
            self._restore(mapping)
        elif what < 0.29:
            self._argue(mapping, side, id_)
        else:
            self.edit(mapping, side, id_, is_hidden=side is Side.ERP and bool(self.weather.strikes(("late commit",))))

    def race(self, table: str, id_: RecordId | None) -> None:
        """A user acts while the product is about to write, mostly on the record that it writes."""
        side = Side.CRM if id_ in self.systems[Side.CRM].rows(table) else Side.ERP
        row = self.systems[side].rows(table).get(id_) if id_ is not None else None
        mapping = None if row is None else mapping_of(table, row.values)
        if id_ is None or mapping not in self.mappings or mapping is None or self.random.random() < 0.3:
            self.act()
            return
        self.edit(mapping, side, id_)

    def edit(self, mapping: MappingName, side: Side, id_: RecordId, *, is_hidden: bool = False) -> None:
        """One column of one record gets another value, or the same."""
        table = TABLE[mapping][side]
        column, value = self.random.choice(USER_FIELDS), self.random.choice(VALUES)
        if column == "name" and self.is_keyless and side is Side.ERP and not self.is_known(mapping, side, id_):
            column = "phone"  # under another name nobody could tell that a lost create had made it
        row = self.systems[side].put(table, id_, {column: value}, is_hidden=is_hidden)
        self.oracle.user_wrote(mapping, side, str(row.values["origin"]), {column})
        self._note("edit", side, id_, f"{column}={value}")

    def _argue(self, mapping: MappingName, side: Side, id_: RecordId) -> None:
        """Two people edit one record, each on a side."""
        origin = str(self.systems[side].rows(TABLE[mapping][side])[id_].values["origin"])
        others = self.systems[side.other].rows(TABLE[mapping][side.other])
        self.edit(mapping, side, id_)
        for other in [key for key, row in others.items() if row.values["origin"] == origin]:
            self.edit(mapping, side.other, other)

    def _create(self, mapping: MappingName, side: Side) -> None:
        origin = f"O{self.origins + 1}"
        values: dict[str, Value] = {name: self.random.choice(VALUES) for name in USER_FIELDS}
        values |= {"origin": origin} | ({"kind": KINDS.get(mapping)} if side is Side.CRM else {"number": f"U{origin}"})
        if mapping == CONTACT:
            parents = self._mine(CUSTOMER, side)
            if not parents:
                return
            values["parent"] = self.random.choice(parents)
        self.origins += 1
        id_ = self.systems[side].create(TABLE[mapping][side], values)
        self.oracle.user_wrote(mapping, side, origin, USER_FIELDS)
        self._note("create", side, id_)

    def _delete(self, mapping: MappingName, side: Side, id_: RecordId) -> None:
        table = TABLE[mapping][side]
        if mapping == CUSTOMER and any(
            row.values["parent"] == id_ for row in self.systems[side].rows(TABLE[CONTACT][side]).values()
        ):
            return  # both systems refuse to delete an account that contacts belong to
        origin = str(self.systems[side].rows(table)[id_].values["origin"])
        if self.oracle.is_on_both(mapping, origin) and not self.is_known(mapping, side, id_):
            return  # to the product it would be a create that never landed: nothing can tell the two apart
        self.oracle.user_deletes(mapping, side, origin)
        self.systems[side].delete(table, id_)
        self._note("delete", side, id_)

    def _restore(self, mapping: MappingName) -> None:
        """A CRM row that was deleted comes back under its own id; where its counterpart waits for that, or did."""
        table, crm = TABLE[mapping][Side.CRM], self.systems[Side.CRM]
        lost = [
            id_
            for id_, values in crm.last_seen.get(table, {}).items()
            if mapping_of(table, values) == mapping and self.oracle.was_deleted_by_a_user(str(values["origin"]))
        ]
        if not lost or self.on_deletion is not OnDeletion.ASK:
            return
        id_ = self.random.choice(lost)
        origin = str(crm.last_seen[table][id_]["origin"])
        if self.oracle.is_on(mapping, Side.ERP, origin) and not self.oracle.is_on(mapping, Side.CRM, origin):
            crm.restore(table, id_)
            self.oracle.user_restores(origin)
            self._note("restore", Side.CRM, id_)

    def _block(self, mapping: MappingName) -> None:
        """An ERP record leaves the filter, or comes back."""
        rows = self.systems[Side.ERP].rows(TABLE[mapping][Side.ERP])
        if rows:
            id_ = self.random.choice(list(rows))
            self.systems[Side.ERP].put(TABLE[mapping][Side.ERP], id_, {"blocked": self.random.choice(("All", None))})
            self._note("filter", Side.ERP, id_)

    def _rename(self, mapping: MappingName) -> None:
        """An ERP record that is coupled gets another number; of others nobody could tell that they are ours."""
        if self.systems[Side.ERP].late:
            return  # a number that is freed while a request for it is under way is no key to that request
        rows = self.systems[Side.ERP].rows(TABLE[mapping][Side.ERP])
        known = [id_ for id_ in rows if self.is_known(mapping, Side.ERP, id_)]
        if known:
            id_ = self.random.choice(known)
            self.systems[Side.ERP].put(TABLE[mapping][Side.ERP], id_, {"number": f"N{self.weather.met['re-key']}"})
            self._note("re-key", Side.ERP, id_)

    def _merge(self, mapping: MappingName) -> None:
        """One CRM row is merged into another: it becomes inactive, and its contacts belong to the other."""
        if mapping == CONTACT:
            return
        mine = self._mine(mapping, Side.CRM)
        if len(mine) < ENOUGH:
            return
        loser, winner = self.random.sample(mine, 2)
        self.systems[Side.CRM].put(TABLE[mapping][Side.CRM], loser, {"kind": None})
        contacts = self.systems[Side.CRM].rows(TABLE[CONTACT][Side.CRM])
        for id_ in [id_ for id_, row in contacts.items() if row.values["parent"] == loser]:
            self.systems[Side.CRM].put(TABLE[CONTACT][Side.CRM], id_, {"parent": winner})
        self._note("merge", Side.CRM, loser)

    def _mine(self, mapping: MappingName, side: Side) -> list[RecordId]:
        rows = self.systems[side].rows(TABLE[mapping][side])
        return [id_ for id_, row in rows.items() if side is Side.ERP or row.values["kind"] == kind_of(mapping)]

    def _note(self, what: str, side: Side, id_: RecordId, more: str = "") -> None:
        for table in self.systems[side].tables.values():
            if id_ in table:
                self.oracle.user_touched(side, str(table[id_].values["origin"]))
        self.weather.note(what, f"{side} {id_} {more}")
