// X's official SDK for JavaScript (`@xdevplatform/chat-xdk`) as one of the parties.
//
//     node sdk.mjs make PLAN.json OUT.json
//     node sdk.mjs read INBOX.json OUT.json
import fs from "node:fs";

// The package's front end keeps private keys in X's PIN backup and nowhere else; the engine below
// it, which does all the cryptography, takes them as bytes.
const home = import.meta.resolve("@xdevplatform/chat-xdk");
const engine = await import(new URL("./pkg/chat_xdk_wasm.js", home));
await engine.default({
  module_or_path: fs.readFileSync(new URL("./pkg/chat_xdk_wasm_bg.wasm", home)),
});

const encode = (bytes) => Buffer.from(bytes).toString("base64");
const decode = (text) => new Uint8Array(Buffer.from(text, "base64"));

// -- making --------------------------------------------------------------------------------------

function make(plan) {
  const chats = new Map();
  const participants = [];
  const publicKeys = [];
  for (const { user_id, public_key_version } of plan.participants) {
    const chat = new engine.Chat();
    const made = chat.generateKeypairs().publicKey;
    participants.push({
      user_id,
      private_keys: encode(chat.exportKeys()),
      registration: {
        public_key: made.publicKey,
        signing_public_key: made.signingPublicKey,
        identity_public_key_signature: made.identityPublicKeySignature,
        signing_public_key_signature: made.signingPublicKeySignature,
        public_key_fingerprint: made.publicKeyFingerprint,
        registration_method: made.registrationMethod,
      },
    });
    publicKeys.push({
      userId: user_id,
      publicKey: made.publicKey,
      keyVersion: public_key_version,
    });
    chats.set(user_id, chat);
  }
  const sender = plan.participants.find((user) => user.user_id === plan.sender);
  const request = {
    publicKeys,
    senderId: sender.user_id,
    signingKeyVersion: sender.public_key_version,
  };
  // Of a one-to-one conversation the SDK works out the id.
  if (!plan.conversation_id.includes(":")) request.conversationId = plan.conversation_id;
  const chat = chats.get(plan.sender);
  const changes = [1, 2].map(() => changeOf(chat.prepareConversationKeyChange(request)));
  for (const chat of chats.values()) chat.free();
  return { participants, changes };
}

// The body of the keys endpoint, as the SDK's documentation maps it.
function changeOf(prepared) {
  return {
    conversation_id: prepared.conversationId,
    conversation_key: encode(prepared.conversationKey),
    body: {
      conversation_key_version: prepared.conversationKeyVersion,
      conversation_participant_keys: prepared.participantKeys.map((key) => ({
        user_id: key.userId,
        encrypted_conversation_key: key.encryptedKey,
        public_key_version: key.publicKeyVersion,
      })),
      action_signatures: prepared.actionSignatures.map((action) => ({
        message_id: action.messageId,
        encoded_message_event_detail: action.encodedMessageEventDetail,
        message_event_signature: {
          signature: action.signature,
          public_key_version: action.publicKeyVersion,
          signature_version: action.signatureVersion,
        },
      })),
    },
  };
}

// -- reading -------------------------------------------------------------------------------------

function read(inbox) {
  const users = new Map(inbox.users.map((user) => [user.user_id, user]));
  return {
    users: inbox.users.map((user) => as(user, (chat) => userVerdict(user, chat))),
    rows: inbox.rows.map(({ user_id, row }) =>
      as(users.get(user_id), (chat) => rowVerdict(chat, row)),
    ),
    events: inbox.events.map(({ event, readers, signers }) => {
      const keys = signers.map((signer) => signingKey(users.get(signer)));
      return readers.map((reader) =>
        as(users.get(reader), (chat) => eventVerdict(chat, event, keys)),
      );
    }),
  };
}

// Each reader is new: the SDK remembers the newest version it has seen.
function as({ private_keys, public_key_version }, work) {
  const chat = new engine.Chat();
  try {
    chat.importKeys(decode(private_keys), public_key_version);
    return work(chat);
  } finally {
    chat.free();
  }
}

function signingKey({ user_id, public_key_version, row }) {
  return {
    userId: user_id,
    publicKeyVersion: public_key_version,
    publicKey: row.signing_public_key,
    identityPublicKey: row.public_key,
    identityPublicKeySignature: row.identity_public_key_signature,
  };
}

// What the SDK makes of private keys. It cannot repeat a registration as a whole: no call signs
// with the identity key, so that signature is verified instead.
function userVerdict({ registration }, chat) {
  const keys = chat.getPublicKeys();
  const [identity, signing] = [spki(keys.identity), spki(keys.signing)];
  const reverse = registration.signing_public_key_signature;
  const verified = chat.verify(encode(identity), decode(reverse), signing);
  return {
    private_keys: encode(chat.exportKeys()),
    registration: {
      public_key: encode(identity),
      signing_public_key: encode(signing),
      identity_public_key_signature: encode(chat.sign(identity)),
      signing_public_key_signature: verified ? reverse : "does not verify",
      public_key_fingerprint: chat.getPublicKeyFingerprint(),
      registration_method: "CustomPin",
    },
  };
}

function spki(uncompressed) {
  const prefix = Buffer.from("3059301306072a8648ce3d020106082a8648ce3d030107034200", "hex");
  return new Uint8Array(Buffer.concat([prefix, decode(uncompressed)]));
}

function rowVerdict(chat, row) {
  try {
    const bound = chat.verifyKeyBinding(
      row.public_key,
      row.signing_public_key,
      row.identity_public_key_signature,
    );
    return bound ? { accepted: null } : { refused: "verifyKeyBinding: false" };
  } catch (error) {
    return { refused: String(error) };
  }
}

// The SDK has two ways to read; a verdict is what both of them say.
function eventVerdict(chat, event, signingKeys) {
  const batch = chat.decryptEvents([event], signingKeys);
  const failed = Object.keys(batch.errors).length > 0;
  const adopted = Object.entries(batch.conversationKeys.keys);
  let alone;
  try {
    alone = chat.decryptEvent(event, {}, signingKeys);
  } catch (error) {
    if (!failed || adopted.length > 0) {
      return { contradiction: `refused alone, but not in a batch: ${error}` };
    }
    return { refused: String(error).split("\n")[0] };
  }
  if (failed) return { contradiction: "accepted alone, but not in a batch" };
  if (alone.type !== "keyChange" || alone.verified !== true) {
    return { contradiction: `neither refused nor verified: ${alone.type}` };
  }
  const { latestVersion } = batch.conversationKeys;
  if (latestVersion !== alone.keyVersion || adopted.length !== 1 || adopted[0][0] !== latestVersion) {
    return { contradiction: "verified, but adopted another version" };
  }
  return { accepted: encode(adopted[0][1]) };
}

const [verb, source, target] = process.argv.slice(2);
const work = { make, read }[verb];
fs.writeFileSync(target, JSON.stringify(JSON.parse(fs.readFileSync(source, "utf8")).map(work)));
