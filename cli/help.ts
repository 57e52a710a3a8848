/** What `--help` adds where a command has a small language of its own. */

/** Shown under `tributary aggregate --help`. */
export const aggregateHelp = `
  tributary aggregate --list             every rule, step and attack; with --json one line each, with its parameters
  tributary aggregate --json < requests  one request per line, one answer per line:
      {"rule":"krum","params":{"f":1},"rows":[[1,2,3],[4,5,6],[7,8,9]]}
  tributary aggregate < request          one such request, its answer as a table`;

/** Shown under `tributary combine --help`. */
export const combineHelp = `
  tributary combine --list                              every method; with --json one line each, with its options
  tributary combine --jacobian "-4,1,1;6,1,1"           what each of them makes of these gradients, one row per objective
  tributary combine mgda cagrad --jacobian "-4,1,1;6,1,1" --losses 1,2
  tributary combine --json < requests                   one request per line, one answer per line:
      {"method":"cagrad","options":{"c":0.5},"jacobian":[[-4,1,1],[6,1,1]],"losses":[1,2],"state":null}

  The state of an answer belongs into the next request of its method. Losses that are left out count 1.`;

/** Shown under `tributary privacy --help`. */
export const privacyHelp = `
  tributary privacy --noise 1 --rate 0.01 --rounds 1000 --delta 1e-5      the ε of so much noise
  tributary privacy --epsilon 2 --rate 0.01 --rounds 1000 --delta 1e-5    the noise multiplier for an ε
  tributary privacy --epsilon 2 --noise 1 --rate 0.01 --delta 1e-5        the rounds within an ε
  tributary privacy --epsilon 2 --noise 1 --rate 0.01 --rounds 1000       the δ at an ε
  tributary privacy EXPERIMENT.yaml --epsilon 8                           what it costs, and what of it that buys
  tributary privacy --json < requests                                     one request per line, one answer per line:
      {"noiseMultiplier":1,"samplingRate":0.01,"rounds":1000,"delta":1e-5}

  The ε is the smallest that any accountant proves, and the answer says whose it is.`;

/** Shown under `tributary loss --help`. */
export const lossHelp = `
  tributary loss --list                  every loss by family; with --json one line each, with inputs and options
  tributary loss huber --help            its page: formula, shapes, options, when to use it
  tributary loss huber                   a small example of it, with the command to change
  tributary loss huber --prediction 1,2,3 --target 0,0,0 --weight 1,1,2 --delta 2
  tributary loss softmax-cross-entropy --prediction "2,0,1;0,1,3" --target 0,2
  tributary loss --json < requests       one request per line, one answer per line:
      {"loss":"mae","options":{},"inputs":{"prediction":{"dtype":"float","shape":[2],"data":[1,2]},"target":{…}}}

  Flags are the loss's own inputs and options; --precision float32 computes in float32.`;
