"""The oracle: knows every edit that users made, and says which promise a state of the two systems breaks.

Per record and unit of merging it tracks on which side users edited since both sides last agreed. Edited on one side:
the other side must get it. Edited on both: only a person may settle it, so the product must leave both values alone.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from tests.simulation.systems import Row, SimulatedSystem
from tests.simulation.tables import MAPPINGS, TABLE, UNITS, agree, takes_part

from crosstie.model.reason import ReasonCode
from crosstie.model.words import MappingName, RecordId, Side
from crosstie.synch.ports.store import Store


class ViolationError(AssertionError):
    """A promise was broken."""


@dataclass(slots=True)
class UnitLog:
    """What users did to one unit of one record since both sides agreed."""

    agreed: dict[Side, tuple[object, ...]] = field(default_factory=dict)
    edited: set[Side] = field(default_factory=set)
    ever_edited: set[Side] = field(default_factory=set)
    typed: dict[Side, tuple[object, ...]] = field(default_factory=dict)
    """What users left on each side, or saw arrive there."""

    def agree(self, rows: Mapping[Side, Row | None], columns: tuple[str, ...]) -> None:
        """Both sides hold the same now."""
        self.agreed = {side: _values(rows[side], columns) for side in Side}
        self.typed = dict(self.agreed)
        self.edited.clear()


Rows = Mapping[Side, Row | None]


class Oracle:
    """Watches users and the product."""

    def __init__(self, systems: Mapping[Side, SimulatedSystem], met: Counter[str]) -> None:
        self._systems = systems
        self._met = met
        self._logs: dict[tuple[str, str], UnitLog] = {}
        self.deleted: set[str] = set()

    # -- what users do ---------------------------------------------------------------------------

    def user_wrote(self, mapping: MappingName, side: Side, origin: str, written: Collection[str]) -> None:
        """A user created a record or edited some of its columns; other units hold what they held."""
        rows = self._rows(mapping, origin)
        for unit, columns in UNITS.items():
            if set(columns).isdisjoint(written):
                continue
            log = self._logs.setdefault((origin, unit), UnitLog())
            values = _values(rows[side], columns)
            if values == log.typed.get(side):
                continue
            log.typed[side] = values
            log.ever_edited.add(side)
            if values == log.agreed.get(side):
                log.edited.discard(side)
            else:
                log.edited.add(side)
            if _equal(rows, columns):
                log.agree(rows, columns)

    # -- what the product did --------------------------------------------------------------------

    def product_wrote(self) -> None:
        """After a write: whatever agrees now must not have been decided over a user's head."""
        for mapping in MAPPINGS:
            for origin in self._origins(mapping):
                rows = self._rows(mapping, origin)
                for unit, columns in UNITS.items():
                    log = self._logs[origin, unit]
                    if _equal(rows, columns):
                        self._check_agreement(log, rows, f"{origin}.{unit}", columns)
                        log.agree(rows, columns)
                    for side in Side:  # what the product made is no edit, not even when a user types it again
                        log.typed.setdefault(side, _values(rows[side], columns))

    def _check_agreement(self, log: UnitLog, rows: Rows, what: str, columns: tuple[str, ...]) -> None:
        if log.edited == set(Side) and log.agreed:
            raise ViolationError(f"{what}: edited on both sides, and the product chose")
        for side in log.edited or log.agreed:
            held, typed = _values(rows[side], columns), log.typed[side]
            if not all(agree(column, *pair) for column, *pair in zip(columns, held, typed, strict=True)):
                raise ViolationError(f"{what}: {typed} was left on the {side} side, and now it is {held}")

    # -- the end ---------------------------------------------------------------------------------

    def check(self, store: Store) -> set[tuple[RecordId, str]]:
        """After the quiet runs: every promise; returns the open conflicts."""
        conflicts: set[tuple[RecordId, str]] = set()
        for mapping in MAPPINGS:
            pairs = list(store.couplings.all(mapping))
            open_ = {
                (one.erp_id, one.conflict.unit): one.conflict.reason.code for one in store.outcomes.conflicts(mapping)
            }
            self._met["conflict"] += len(open_)
            conflicts |= set(open_)
            self._check_doubles(mapping)
            for pair in pairs:
                erp = self._systems[Side.ERP].rows(TABLE[mapping][Side.ERP]).get(pair.erp_id)
                crm = self._systems[Side.CRM].rows(TABLE[mapping][Side.CRM]).get(pair.crm_id)
                if erp is not None and crm is not None:
                    self._check_pair(mapping, pair.erp_id, {Side.ERP: erp, Side.CRM: crm}, open_)
            self._check_missing(mapping, {pair.erp_id for pair in pairs} | {pair.crm_id for pair in pairs}, store)
        return conflicts

    def _check_pair(
        self,
        mapping: MappingName,
        erp_id: RecordId,
        rows: dict[Side, Row],
        open_: Mapping[tuple[RecordId, str], ReasonCode],
    ) -> None:
        origins = {str(row.values["origin"]) for row in rows.values()}
        if len(origins) > 1:
            raise ViolationError(f"{sorted(origins)} are coupled and not one record")
        if not all(takes_part(mapping, side, row.values) for side, row in rows.items()):
            return
        origin = origins.pop()
        for unit, columns in UNITS.items():
            log = self._logs[origin, unit]
            reason = open_.get((erp_id, unit))
            if reason is not None:
                if _equal(rows, columns):
                    raise ViolationError(f"{origin}.{unit}: a conflict is open, and both sides are equal")
                if log.ever_edited != set(Side) and reason is not ReasonCode.OUTCOME_AMBIGUOUS:
                    raise ViolationError(f"{origin}.{unit}: {reason}, though only {log.ever_edited} was ever edited")
                continue
            if not _equal(rows, columns):
                values = [_values(rows[side], columns) for side in Side]
                raise ViolationError(f"{origin}.{unit}: {values} and no conflict")

    def _check_doubles(self, mapping: MappingName) -> None:
        for side in Side:
            counted = Counter(row.values["origin"] for row in self._members(mapping, side).values())
            twice = [origin for origin, count in counted.items() if count > 1]
            if twice:
                raise ViolationError(f"{twice} are there twice on the {side} side")

    def _check_missing(self, mapping: MappingName, coupled: set[RecordId], store: Store) -> None:
        for side in Side:
            for id_, row in self._members(mapping, side).items():
                is_excused = row.values["origin"] in self.deleted or not takes_part(mapping, side, row.values)
                if id_ in coupled or is_excused or not self._has_parent(mapping, side, row, store):
                    continue
                raise ViolationError(f"{mapping} {id_} has no counterpart")

    def _has_parent(self, mapping: MappingName, side: Side, row: Row, store: Store) -> bool:
        if mapping != "CONTACT":
            return True
        parent = RecordId(str(row.values["parent"]))
        return bool(store.couplings.by_id(MappingName("CUSTOMER"), side, [parent]))

    # -- looking ---------------------------------------------------------------------------------

    def _members(self, mapping: MappingName, side: Side) -> dict[RecordId, Row]:
        kind = {"CUSTOMER": 3, "VENDOR": 11}.get(mapping)
        rows = self._systems[side].rows(TABLE[mapping][side])
        return {id_: row for id_, row in rows.items() if side is Side.ERP or row.values["kind"] == kind}

    def _origins(self, mapping: MappingName) -> set[str]:
        both = [{str(row.values["origin"]) for row in self._members(mapping, side).values()} for side in Side]
        return (both[0] & both[1]) - self.deleted

    def _rows(self, mapping: MappingName, origin: str) -> Rows:
        return {
            side: next((row for row in self._members(mapping, side).values() if row.values["origin"] == origin), None)
            for side in Side
        }


def _values(row: Row | None, columns: tuple[str, ...]) -> tuple[object, ...]:
    return () if row is None else tuple(row.values[column] for column in columns)


def _equal(rows: Rows, columns: tuple[str, ...]) -> bool:
    erp, crm = rows[Side.ERP], rows[Side.CRM]
    if erp is None or crm is None:
        return False
    return all(agree(column, erp.values[column], crm.values[column]) for column in columns)
