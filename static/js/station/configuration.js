/**
 * The configuration of a station, as people search and change it: keys of 1.6 and variables of 2.x in one form. Pure.
 *
 * @typedef {'flag' | 'whole' | 'number' | 'choice' | 'list' | 'text'} Kind
 * @typedef {object} Setting
 * @property {string} id
 * @property {string} group under which heading it stands
 * @property {string} name
 * @property {string | null} value null: the station tells none
 * @property {string | null} wanted was asked for and is not in force
 * @property {boolean} readonly
 * @property {boolean} unknown the station says that it has no such key
 * @property {Kind} kind
 * @property {string[]} choices
 * @property {number | null} least
 * @property {number | null} most
 * @property {number | null} maxLength
 * @property {string} unit
 * @property {string} answer the station's word on the last change
 * @property {Record<string, unknown>} key what names it to the API
 */
import { t } from '../text.js';

/** The keys of 1.6, section 9, and of the security whitepaper, whose values are no plain texts. @type {Record<string, Kind>} */
const KINDS = {
  AllowOfflineTxForUnknownId: 'flag',
  AuthorizationCacheEnabled: 'flag',
  AuthorizeRemoteTxRequests: 'flag',
  ConnectorSwitch3to1PhaseSupported: 'flag',
  LocalAuthListEnabled: 'flag',
  LocalAuthorizeOffline: 'flag',
  LocalPreAuthorize: 'flag',
  ReserveConnectorZeroSupported: 'flag',
  StopTransactionOnEVSideDisconnect: 'flag',
  StopTransactionOnInvalidId: 'flag',
  UnlockConnectorOnEVSideDisconnect: 'flag',
  AdditionalRootCertificateCheck: 'flag',
  ...of('whole', 'BlinkRepeat ClockAlignedDataInterval ConnectionTimeOut GetConfigurationMaxKeys HeartbeatInterval LightIntensity MaxEnergyOnInvalidId'
    + ' MeterValueSampleInterval MinimumStatusDuration NumberOfConnectors ResetRetries TransactionMessageAttempts TransactionMessageRetryInterval'
    + ' WebSocketPingInterval LocalAuthListMaxLength SendLocalListMaxLength ChargeProfileMaxStackLevel ChargingScheduleMaxPeriods'
    + ' MaxChargingProfilesInstalled SecurityProfile CertificateSignedMaxChainSize CertificateStoreMaxLength ConnectorPhaseRotationMaxLength'
    + ' MeterValuesAlignedDataMaxLength MeterValuesSampledDataMaxLength StopTxnAlignedDataMaxLength StopTxnSampledDataMaxLength'
    + ' SupportedFeatureProfilesMaxLength'),
  ...of('list', 'MeterValuesAlignedData MeterValuesSampledData StopTxnAlignedData StopTxnSampledData SupportedFeatureProfiles ConnectorPhaseRotation'
    + ' ChargingScheduleAllowedChargingRateUnit SupportedFileTransferProtocols'),
};

/**
 * @param {Kind} kind
 * @param {string} names
 * @returns {Record<string, Kind>}
 */
function of(kind, names) {
  return Object.fromEntries(names.split(' ').map((name) => [name, kind]));
}

/** @type {[name: () => string, keys: RegExp][]} */
const GROUPS = [
  [() => t('Charging and offline'), /^(Allow|Authoriz|Stop|Unlock|Local(Authorize|Pre)|MaxEnergy|ConnectionTimeOut|MinimumStatus)/],
  [() => t('Local list'), /^(LocalAuthList|SendLocalList)/],
  [() => t('Meter values'), /^(Meter|ClockAligned|StopTxn)/],
  [() => t('Connection'), /^(Heartbeat|WebSocket|TransactionMessage|ResetRetries|GetConfiguration)/],
  [() => t('Smart charging and reservation'), /^(Charg|MaxChargingProfiles|ConnectorSwitch|Reserve)/],
  [() => t('Security'), /^(Security|Certificate|AdditionalRoot|AuthorizationKey|Cpo)/],
  [() => t('Equipment'), /^(Number|Supported|ConnectorPhase|Light|Blink)/],
];

/**
 * @param {any[]} rows of `configuration`
 * @returns {Setting[]}
 */
export function fromKeys(rows) {
  return rows.map((row) => ({
    ...NOTHING,
    id: row.key,
    group: groupOf(row.key),
    name: row.key,
    value: row.value,
    wanted: row.wanted,
    readonly: row.readonly,
    unknown: row.unknown,
    kind: Object.hasOwn(KINDS, row.key) ? KINDS[row.key] : guessed(row.value),
    maxLength: 500,
    answer: row.answer,
    key: { key: row.key },
  }));
}

/** @type {Omit<Setting, 'id' | 'group' | 'name' | 'value' | 'key'>} */
const NOTHING = {
  wanted: null, readonly: false, unknown: false, kind: 'text', choices: [], least: null, most: null, maxLength: null, unit: '', answer: '',
};

/** @param {string} key */
function groupOf(key) {
  // In this order: an AuthorizationKey is a matter of security.
  if (key === 'AuthorizationKey') return t('Security');
  return GROUPS.find(([, keys]) => keys.test(key))?.[0]() ?? t('Of the vendor');
}

/** @param {string | null} value */
function guessed(value) {
  return value !== null && /^(true|false)$/i.test(value) ? 'flag' : 'text';
}

/**
 * @param {any[]} rows of `variables`
 * @returns {Setting[]}
 */
export function fromVariables(rows) {
  return rows.map((row) => {
    const { dataType = 'string', valuesList = '', minLimit = null, maxLimit = null, unit = '' } = row.characteristics ?? {};
    const choices = valuesList ? String(valuesList).split(',').map((each) => each.trim()) : [];
    const { component, component_instance, evse, connector, variable, variable_instance, attribute } = row;
    const key = { component, component_instance, evse, connector, variable, variable_instance, attribute };
    return {
      ...NOTHING,
      id: Object.values(key).join('\n'),
      group: placeOf(row),
      name: [variable, variable_instance && `[${variable_instance}]`, attribute !== 'Actual' && `(${attribute})`].filter(Boolean).join(' '),
      value: row.value,
      readonly: row.mutability === 'ReadOnly',
      kind: kindOf(dataType, choices),
      choices,
      least: minLimit,
      most: maxLimit,
      maxLength: 2500,
      unit,
      key,
    };
  });
}

/** @param {{component: string, component_instance: string, evse: number, connector: number}} row */
function placeOf({ component, component_instance: instance, evse, connector }) {
  const name = instance ? `${component} [${instance}]` : component;
  if (connector) return t('{component}, EVSE {evse}, connector {connector}', { component: name, evse, connector });
  return evse ? t('{component}, EVSE {evse}', { component: name, evse }) : name;
}

/**
 * @param {string} type `dataType` of the characteristics
 * @param {string[]} choices
 * @returns {Kind}
 */
function kindOf(type, choices) {
  switch (type) {
    case 'boolean': return 'flag';
    case 'integer': return 'whole';
    case 'decimal': return 'number';
    case 'OptionList': return choices.length ? 'choice' : 'text';
    case 'SequenceList':
    case 'MemberList': return 'list';
    default: return 'text';
  }
}

/**
 * Every word of the search has to stand in the name, the group or the value.
 * @param {Setting} setting
 * @param {string} search
 */
export function matches(setting, search) {
  const text = `${setting.name}\n${setting.group}\n${setting.value ?? ''}`.toLowerCase();
  return search.toLowerCase().split(/\s+/).filter(Boolean).every((word) => text.includes(word));
}

/**
 * @param {Setting[]} settings
 * @returns {Map<string, Setting[]>} by group, each in the order of names; the vendor's own last
 */
export function grouped(settings) {
  const own = t('Of the vendor');
  const ordered = [...settings].sort((a, b) =>
    Number(a.group === own) - Number(b.group === own) || a.group.localeCompare(b.group) || a.name.localeCompare(b.name));
  /** @type {Map<string, Setting[]>} */
  const groups = new Map();
  for (const each of ordered) groups.set(each.group, [...(groups.get(each.group) ?? []), each]);
  return groups;
}

/**
 * Why a text cannot be the new value; '' when it can.
 * @param {Setting} setting
 * @param {string} text
 */
export function problemOf(setting, text) {
  const number = Number(text);
  if (setting.kind === 'whole' && !/^[+-]?\d+$/.test(text.trim())) return t('This has to be a whole number.');
  if (setting.kind === 'number' && (text.trim() === '' || !Number.isFinite(number))) return t('This has to be a number.');
  if (setting.kind === 'whole' || setting.kind === 'number') {
    if (setting.least !== null && number < setting.least) return t('This is at least {least}.', { least: setting.least });
    if (setting.most !== null && number > setting.most) return t('This is at most {most}.', { most: setting.most });
  }
  if (setting.kind === 'list' && setting.choices.length) {
    const odd = entriesOf(text).find((entry) => !setting.choices.includes(entry));
    if (odd !== undefined) return t('“{entry}” is none of: {choices}.', { entry: odd, choices: setting.choices.join(', ') });
  }
  if (setting.maxLength !== null && [...text].length > setting.maxLength) return t('This has at most {most} characters.', { most: setting.maxLength });
  return '';
}

/** @param {string} text comma-separated, as OCPP has lists */
export const entriesOf = (text) => text.split(',').map((entry) => entry.trim()).filter(Boolean);

/**
 * The station's word on a change, in words of people.
 * @param {string} answer
 * @param {Setting} setting
 * @returns {{text: string, tone: 'good' | 'warn' | 'bad'}}
 */
export function wordsOf(answer, setting) {
  switch (answer) {
    case 'Accepted': return { text: t('Accepted'), tone: 'good' };
    case 'RebootRequired': return { text: t('Accepted, in force after a restart'), tone: 'warn' };
    case 'Rejected': return { text: setting.readonly ? t('Rejected: read-only') : t('Rejected by the station'), tone: 'bad' };
    case 'NotSupported': return { text: t('Not supported: the station has no such key'), tone: 'bad' };
    case 'UnknownComponent':
    case 'UnknownVariable': return { text: t('Unknown to the station'), tone: 'bad' };
    case 'NotSupportedAttributeType': return { text: t('The station does not have this attribute'), tone: 'bad' };
    default: return { text: t('The station answered: {answer}', { answer }), tone: 'bad' };
  }
}

/**
 * What a SetVariables was answered, by the id of the setting.
 * @param {any} command as the API has it, with its reply
 * @returns {Map<string, string>}
 */
export function answersOf(command) {
  const results = command.reply?.setVariableResult ?? [];
  return new Map(results.map((/** @type {any} */ each) => {
    const { component, variable, attributeType = 'Actual', attributeStatus } = each;
    const place = [component.name, component.instance ?? '', component.evse?.id ?? 0, component.evse?.connectorId ?? 0];
    return [[...place, variable.name, variable.instance ?? '', attributeType].join('\n'), attributeStatus];
  }));
}
