"""What must hold once the weather is calm and the product has come to rest."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from tests.simulation.oracle import Oracle, ViolationError, are_equal, values_of
from tests.simulation.systems import Row
from tests.simulation.tables import CONTACT, CUSTOMER, TABLE, UNITS, takes_part

from crosstie.model.coupling import Coupling
from crosstie.model.reason import ReasonCode
from crosstie.model.words import MappingName, RecordId, Side
from crosstie.synch.ports.store import Store

_SAYS_DELETED = {ReasonCode.COUNTERPART_DELETED, ReasonCode.SURVIVOR_EDITED, ReasonCode.SURVIVOR_NEEDED}
Open = Mapping[tuple[RecordId, str], ReasonCode]


@dataclass(frozen=True)
class Promises:
    """The oracle's knowledge held against the store and the two systems."""

    oracle: Oracle
    store: Store

    def check(self) -> set[tuple[RecordId, str, ReasonCode]]:
        """Every promise; returns the open conflicts."""
        conflicts: set[tuple[RecordId, str, ReasonCode]] = set()
        for mapping in self.oracle.mappings:
            open_ = {
                (one.erp_id, one.conflict.unit): one.conflict.reason.code
                for one in self.store.outcomes.conflicts(mapping)
            }
            conflicts |= {(*key, code) for key, code in open_.items()}
            pairs = list(self.store.couplings.all(mapping))
            self._check_doubles(mapping)
            for pair in pairs:
                self._check_coupling(mapping, pair, open_)
            self._check_uncoupled(mapping, pairs)
            if open_intents := self.store.journal.open(mapping, 9):
                raise ViolationError(f"{mapping}: nobody settled {open_intents[0]}")
        return conflicts

    def _check_coupling(self, mapping: MappingName, pair: Coupling, open_: Open) -> None:
        """A coupling ties one record to one, and points nowhere only where a person was told."""
        rows = {side: self.oracle.systems[side].rows(TABLE[mapping][side]).get(pair.id_on(side)) for side in Side}
        missing = [side for side, row in rows.items() if row is None]
        told = [self.store.outcomes.of_record(mapping, side, pair.id_on(side)) for side in Side]
        lost = [one for one in told if one is not None and one.reason.code in _SAYS_DELETED]
        if len(missing) == 1 and not lost:
            raise ViolationError(f"{pair.erp_id} lost its counterpart on the {missing[0]} side, and nobody was told")
        if not missing and len(lost) == len(Side):
            raise ViolationError(f"{pair.erp_id}: {lost[0].reason}, and it is there")
        if not missing:
            self._check_pair(mapping, pair, rows, open_)

    def _check_pair(self, mapping: MappingName, pair: Coupling, rows: Mapping[Side, Row | None], open_: Open) -> None:
        origins = {str(row.values["origin"]) for row in rows.values() if row is not None}
        if len(origins) > 1:
            raise ViolationError(f"{sorted(origins)} are coupled and not one record")
        if not all(row is not None and takes_part(mapping, side, row.values) for side, row in rows.items()):
            return
        origin = origins.pop()
        for unit, columns in UNITS.items():
            self._check_unit(origin, unit, columns, rows, open_.get((pair.erp_id, unit)))
        self._check_number_and_parent(mapping, origin, rows, {unit for id_, unit in open_ if id_ == pair.erp_id})

    def _check_unit(
        self,
        origin: str,
        unit: str,
        columns: tuple[str, ...],
        rows: Mapping[Side, Row | None],
        reason: ReasonCode | None,
    ) -> None:
        log, is_equal = self.oracle.logs[origin, unit], are_equal(rows, columns)
        if reason is not None:
            if is_equal:
                raise ViolationError(f"{origin}.{unit}: a conflict is open, and both sides are equal")
            if log.ever_edited != set(Side) and reason is not ReasonCode.OUTCOME_AMBIGUOUS:
                raise ViolationError(f"{origin}.{unit}: {reason}, though only {log.ever_edited} was ever edited")
            return
        values = {side: values_of(rows[side], columns) for side in Side}
        if not is_equal and not (log.differs_on_purpose and values == log.agreed):
            raise ViolationError(f"{origin}.{unit}: {values} and no conflict")

    def _check_number_and_parent(
        self, mapping: MappingName, origin: str, rows: Mapping[Side, Row | None], open_: set[str]
    ) -> None:
        erp, crm = rows[Side.ERP], rows[Side.CRM]
        if erp is None or crm is None or origin in self.oracle.undone:
            return
        if erp.values["number"] != crm.values["number"] and "number=number" not in open_:
            numbers = erp.values["number"], crm.values["number"]
            raise ViolationError(f"{origin}: the ERP's number {numbers[0]} did not arrive, the CRM has {numbers[1]}")
        if mapping != CONTACT or "parent=parent" in open_:
            return
        wanted = self.store.couplings.by_id(CUSTOMER, Side.CRM, [RecordId(str(crm.values["parent"]))])
        if any(one.erp_id != erp.values["parent"] for one in wanted.values()):
            raise ViolationError(f"{origin} belongs to {erp.values['parent']} here and {crm.values['parent']} there")

    def _check_doubles(self, mapping: MappingName) -> None:
        for side in Side:
            rows = self.oracle.systems[side].rows(TABLE[mapping][side]).values()
            twice = [origin for origin, count in Counter(row.values["origin"] for row in rows).items() if count > 1]
            if twice:
                raise ViolationError(f"{twice} are there twice on the {side} side")

    def _check_uncoupled(self, mapping: MappingName, pairs: list[Coupling]) -> None:
        """A record without a counterpart has a reason: deleted, outside the filter, or its parent is like that.

        Or a person is asked, because a create that no key identifies may or may not have made it.
        """
        coupled = {pair.id_on(side) for pair in pairs for side in Side}
        for side in Side:
            for id_, row in self.oracle.members(mapping, side).items():
                if id_ in coupled:
                    continue
                known = self.store.outcomes.of_record(mapping, side, id_)
                if known is None:
                    raise ViolationError(f"{mapping} {id_} is not coupled, and nothing says why")
                is_excused = (
                    str(row.values["origin"]) in self.oracle.deleted
                    or not takes_part(mapping, side, row.values)
                    or known.reason.code is ReasonCode.CREATE_UNCLEAR
                )
                if not is_excused and self._has_parent(mapping, side, row):
                    raise ViolationError(f"{mapping} {id_} has no counterpart: {known.reason}")

    def _has_parent(self, mapping: MappingName, side: Side, row: Row) -> bool:
        if mapping != CONTACT:
            return True
        found = self.store.couplings.by_id(CUSTOMER, side, [RecordId(str(row.values["parent"]))])
        others = self.oracle.systems[side.other].rows(TABLE[CUSTOMER][side.other])
        return any(one.id_on(side.other) in others for one in found.values())
