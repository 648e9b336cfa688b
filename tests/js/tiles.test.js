import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviceTiles, midnightBefore, stationTiles } from '../../static/js/tiles.js';

/** @param {import('../../static/js/tiles.js').Tile[]} tiles */
const named = (tiles) => Object.fromEntries(tiles.map((tile) => [tile.name, tile]));

const STATIONS = {
  total: 12, online: 9, stale: 0, offline: 2, never: 1, charging: 4, faulted: 1, sessions: 5, power_w: 44_000, session_energy_wh: 0,
};

test('stations are told by what they do', () => {
  const { online, charging, faulted, offline, power, energy } = named(stationTiles(STATIONS, 12_340.4));
  assert.deepEqual([online.value, online.more], ['9', 'of 12 stations']);
  assert.deepEqual([charging.value, charging.more, charging.tone], ['4', '5 sessions', 'good']);
  assert.deepEqual([faulted.value, faulted.tone], ['1', 'bad']);
  assert.deepEqual([offline.value, offline.more, offline.tone], ['2', '1 never seen', 'bad']);
  assert.equal(power.value, '44.00 kW');
  assert.equal(energy.value, '12.34 kWh');
});

test('what is not known is a dash and no zero', () => {
  const { power, energy } = named(stationTiles({ ...STATIONS, power_w: null }, null));
  assert.deepEqual([power.value, energy.value], ['–', '–']);
  const { solar, stored } = named(deviceTiles({ total: 1, online: 0, income_w: null, stored_wh: null, battery_wh: null, capacity_wh: null }));
  assert.deepEqual([solar.value, solar.more, stored.value, stored.more], ['–', '0 of 1 online', '–', 'in batteries']);
});

test('nothing wrong is calm', () => {
  const tiles = named(stationTiles({ ...STATIONS, faulted: 0, offline: 0, charging: 0, stale: 2 }, 0));
  assert.deepEqual([tiles.faulted.tone, tiles.offline.tone, tiles.charging.tone], ['', '', '']);
  assert.equal(tiles.online.more, '2 silent');
});

test('each tile leads to the list behind its number', () => {
  const tiles = [...stationTiles(STATIONS, 0), ...deviceTiles({})];
  for (const { href } of tiles) assert.match(href, /^\/(stations|devices|sessions)(\?q=|$)/);
  assert.equal(named(tiles).charging.href, '/stations?q=filter:state:=:online&q=filter:status:=:Charging');
});

test('batteries are told by how full they are, where that is known', () => {
  const { stored } = named(deviceTiles({ total: 2, online: 2, stored_wh: 1500, battery_wh: 500, capacity_wh: 1000 }));
  assert.deepEqual([stored.value, stored.more], ['1.50 kWh', '50 % of what fits']);
});

test('the day begins at midnight of the place where the page is looked at', () => {
  const now = new Date(2026, 5, 21, 13, 45, 12).getTime();
  assert.equal(midnightBefore(now), new Date(2026, 5, 21).getTime() / 1000);
  assert.equal(midnightBefore(new Date(2026, 5, 21).getTime()), new Date(2026, 5, 21).getTime() / 1000);
});
