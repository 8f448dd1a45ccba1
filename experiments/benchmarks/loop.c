/* Mutation of the shallow network at zero temperature, one trajectory after another, as a C programmer would write it:
   plain float losses, a rational tanh, its own normal numbers. The yardstick of `corr bench`. */
#include <math.h>
#include <stdint.h>

static inline float rational_tanh(float x) {
    const float limit = 7.90531110763549805f;
    x = x > limit ? limit : (x < -limit ? -limit : x);
    const float s = x * x;
    float p = -2.76076847742355e-16f;
    p = p * s + 2.00018790482477e-13f;
    p = p * s - 8.60467152213735e-11f;
    p = p * s + 5.12229709037114e-08f;
    p = p * s + 1.48572235717979e-05f;
    p = p * s + 6.37261928875436e-04f;
    p = p * s + 4.89352455891786e-03f;
    float q = 1.19825839466702e-06f;
    q = q * s + 1.18534705686654e-04f;
    q = q * s + 2.26843463243900e-03f;
    q = q * s + 4.89352518554385e-03f;
    return x * p / q;
}

static inline uint64_t next(uint64_t *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

/* Box-Muller, two numbers from one 64-bit draw. */
static void normals(float *out, int count, uint64_t *state) {
    for (int i = 0; i < count; i += 2) {
        const uint64_t bits = next(state);
        const float u = ((float)(uint32_t)bits + 1.0f) * 2.3283064e-10f, v = (float)(bits >> 32) * 2.3283064e-10f;
        const float radius = sqrtf(-2.0f * logf(u));
        out[i] = radius * cosf(6.2831853f * v);
        if (i + 1 < count) out[i + 1] = radius * sinf(6.2831853f * v);
    }
}

static float loss(const float *x, int units, int points, const float *theta, const float *target, float *output) {
    const float *a = x, *b = x + units, *c = x + 2 * units;
    for (int k = 0; k < points; k++) output[k] = -target[k];
    for (int m = 0; m < units; m++)
        for (int k = 0; k < points; k++) output[k] += a[m] * rational_tanh(b[m] * theta[k] + c[m]);
    float sum = 0.0f;
    for (int k = 0; k < points; k++) sum += output[k] * output[k];
    return sum / (float)points;
}

/* positions: (trajectories, 3 * units); accepted: steps accepted of each; at most 1024 units and 8192 points. */
void walk(float *positions, int64_t *accepted, int trajectories, int steps, int units, int points, const float *theta,
          const float *target, float scale, uint64_t seed) {
    float trial[3072], noise[3072], output[8192];
    for (int i = 0; i < trajectories; i++) {
        float *x = positions + (int64_t)i * 3 * units;
        uint64_t state = seed + 0x632be59bd9b4e019ull * (uint64_t)(i + 1);
        float now = loss(x, units, points, theta, target, output);
        for (int n = 0; n < steps; n++) {
            normals(noise, 3 * units, &state);
            for (int j = 0; j < 3 * units; j++) trial[j] = x[j] + scale * noise[j];
            const float then = loss(trial, units, points, theta, target, output);
            if (then <= now) {
                now = then;
                accepted[i]++;
                for (int j = 0; j < 3 * units; j++) x[j] = trial[j];
            }
        }
    }
}
