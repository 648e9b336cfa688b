/**
 * What the names of tolerance rules and remarks mean (docs/tolerance.md), in a sentence each. Pure.
 */
import { t } from '../text.js';

/** @type {Record<string, () => string>} */
const RULES = {
  broken_json: () => t('Its frames are no valid JSON; they were mended.'),
  message_type_as_text: () => t('The type of its messages is a text instead of a number.'),
  message_id_as_number: () => t('Its message ids are numbers instead of texts.'),
  message_id_length: () => t('Its message ids are empty or too long.'),
  payload_missing: () => t('Its messages have no payload.'),
  frame_too_long: () => t('Its messages have more elements than they should.'),
  null_value: () => t('It sends null where a value has to be; the field was left out.'),
  number_as_text: () => t('It sends numbers as texts.'),
  fraction_as_integer: () => t('It sends fractions where whole numbers have to be; they were rounded.'),
  text_as_number: () => t('It sends numbers where texts have to be.'),
  boolean_as_text: () => t('It sends true and false as texts or numbers.'),
  object_instead_of_list: () => t('It sends one object where a list has to be.'),
  unknown_field: () => t('It sends fields that the specification does not have; they were ignored.'),
  text_too_long: () => t('It sends texts that are longer than allowed; they were kept.'),
  odd_timestamp: () => t('Its times are in no standard form; the time of receipt stands beside them.'),
  enum_spelling: () => t('It spells fixed values in its own way.'),
  status_of_other_version: () => t('It reports a status of another version of OCPP.'),
  unknown_error_code: () => t('It reports error codes that OCPP does not have.'),
  unknown_enum_value: () => t('It sends unknown values where there is “Other” or “Unknown”.'),
  unknown_measurand_or_unit: () => t('It measures something, or in units, that OCPP does not know; it was kept as it is.'),
  bad_sampled_value: () => t('It sends measurements without a usable value; those alone were dropped.'),
  empty_sampled_value: () => t('It sends meter values without samples; they were dropped.'),
  empty_meter_value: () => t('It sends messages without any meter values.'),
  missing_text: () => t('It leaves out its vendor, its model or a reason.'),
  missing_error_code: () => t('It leaves out the error code of a status.'),
  missing_transaction_id: () => t('It ends sessions without saying which.'),
  missing_timestamp: () => t('It leaves out the time; the time of receipt was taken.'),
  missing_meter: () => t('It leaves out the meter at the start or end of a session; nothing is billed for it.'),
  binary_frame: () => t('It sends its messages as binary ones; they were read as text.'),
  unknown_transaction_id: () => t('It names sessions that nobody knows.'),
  invalid_answer: () => t('Its answers to our calls break the schema.'),
  not_accepted: () => t('It charged although it had not been accepted.'),
  state_request: () => t('It asks for the state of its session with a text that is no OCPP.'),
  reversed_call: () => t('It sends charging profiles, which only a server sends; they were kept as its own.'),
  implausible_time: () => t('Its clock is wrong; the time of receipt stands beside what it says.'),
  implausible_start_meter: () => t('Its meter starts at zero although it counts on; the first reading was taken as the start.'),
  meter_went_backwards: () => t('Its meter went backwards.'),
  stopped_by_stranger: () => t('A session was ended with a token of neither its owner nor the owner’s group.'),
  unknown_stream: () => t('It streams values without having opened a stream; they were kept.'),
  unusable_send: () => t('It sends messages without an answer (SEND) that could not be understood.'),
  unknown_reservation: () => t('It names reservations that are not its own.'),
  not_authorized: () => t('It began with a token that may not charge; the station was told so.'),
  superseded: () => t('Another session began on the same outlet, so the server ended this one.'),
  closed_by_operator: () => t('Somebody ended it in the books; the station was told nothing.'),
  late_stop: () => t('Its station reported the end after all.'),
  ghost: () => t('It runs, although its connector has long been free.'),
  foreign_reservation: () => t('It used a reservation of somebody else’s token.'),
};

/**
 * @param {string} rule
 * @returns {string} the name itself where there is no more to say
 */
export const explained = (rule) => (Object.hasOwn(RULES, rule) ? RULES[rule]() : rule);

/** For the test that compares them with the documents. */
export const RULE_NAMES = Object.freeze(Object.keys(RULES));
