import { Modal } from "../components";
import { useText } from "../text";
import { SCREEN_KEYS, screensFor } from "./keyboard";
import { useSession } from "./session";

/** Lists the keys. */
export function KeyboardHelp({ onClose }: { onClose: () => void }) {
  const text = useText();
  const { environment } = useSession();
  const words = text.frame.keyboard;
  const everywhere: [string[], string][] = [
    ...screensFor(environment).map((screen): [string[], string] => [[words.ctrl, String(SCREEN_KEYS[screen])], words.goTo(text.frame.screens[screen])]),
    [["F6"], words.regions],
    [[words.ctrl, "O"], words.pick],
    [[words.ctrl, "F"], words.search],
    [["F1"], words.help],
    [["Esc"], words.closes],
  ];
  return (
    <Modal title={words.title} onClose={onClose}>
      <Keys title={words.everywhere} keys={everywhere} />
      <Keys
        title={words.inLetter}
        keys={[
          [["Enter"], words.lookUp],
          [["Esc"], words.stopAsking],
          [["←", "→"], words.pages],
        ]}
      />
      <Keys title={words.inOutbox} keys={[[[words.ctrl, "Z"], words.undo]]} />
    </Modal>
  );
}

function Keys({ title, keys }: { title: string; keys: [string[], string][] }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl className="keys">
        {keys.map(([pressed, meaning]) => (
          <div key={meaning}>
            <dt>
              {pressed.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
