/* Mutation of the shallow and the deep network at zero temperature, one trajectory after another, as a C programmer would
   write it: plain float losses, a rational tanh, its own normal numbers. The yardstick of `corr bench`. */
#include <math.h>
#include <stdint.h>
#include <string.h>

enum { PARAMETERS = 16384, POINTS = 8192, UNITS = 64, LANES = 16, TILE = 64, ROWS = 4 };

/* What is fitted: `layers` of `units` hidden units each, one input, one output; the shallow network has no layers. */
struct problem {
    int units, layers, points;
    const float *theta, *target;
};

typedef float vector __attribute__((vector_size(4 * LANES)));

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

static float shallow_loss(const float *x, const struct problem *p) {
    const int units = p->units, points = p->points;
    const float *a = x, *b = x + units, *c = x + 2 * units;
    float output[POINTS], sum = 0.0f;
    for (int k = 0; k < points; k++) output[k] = -p->target[k];
    for (int m = 0; m < units; m++)
        for (int k = 0; k < points; k++) output[k] += a[m] * rational_tanh(b[m] * p->theta[k] + c[m]);
    for (int k = 0; k < points; k++) sum += output[k] * output[k];
    return sum / (float)points;
}

/* One layer on a tile of data points, `ROWS` units at a time in registers; kernel (units, units), then biases. */
static const float *layer(const float *x, int units, float (*in)[TILE], float (*out)[TILE]) {
    const float *bias = x + units * units;
    for (int i = 0; i < units; i += ROWS) {
        vector sum[ROWS][TILE / LANES];
        for (int r = 0; r < ROWS; r++)
            for (int c = 0; c < TILE / LANES; c++) sum[r][c] = (vector){0} + bias[i + r];
        for (int j = 0; j < units; j++)
            for (int c = 0; c < TILE / LANES; c++) {
                vector values;
                memcpy(&values, &in[j][c * LANES], sizeof values);
                for (int r = 0; r < ROWS; r++) sum[r][c] += x[(i + r) * units + j] * values;
            }
        memcpy(out[i], sum, sizeof sum);
        for (int r = 0; r < ROWS; r++)
            for (int k = 0; k < TILE; k++) out[i + r][k] = rational_tanh(out[i + r][k]);
    }
    return bias + units;
}

/* The whole network on one tile of data points after the other, so that activations stay in the first cache. */
static float deep_loss(const float *parameters, const struct problem *p) {
    const int units = p->units;
    float sum = 0.0f, first[UNITS][TILE], second[UNITS][TILE];
    for (int from = 0; from < p->points; from += TILE) {
        const int count = p->points - from < TILE ? p->points - from : TILE;
        const float *x = parameters;
        float(*in)[TILE] = first, (*out)[TILE] = second;
        for (int i = 0; i < units; i++)
            for (int k = 0; k < TILE; k++)
                in[i][k] = rational_tanh(x[i] * (k < count ? p->theta[from + k] : 0.0f) + x[units + i]);
        x += 2 * units;
        for (int l = 1; l < p->layers; l++) {
            x = layer(x, units, in, out);
            float(*swap)[TILE] = in;
            in = out;
            out = swap;
        }
        for (int k = 0; k < count; k++) {
            float error = x[units] - p->target[from + k];
            for (int i = 0; i < units; i++) error += x[i] * in[i][k];
            sum += error * error;
        }
    }
    return sum / (float)p->points;
}

/* positions: (trajectories, size); accepted: steps accepted of each. At most PARAMETERS numbers, POINTS data points;
   deep networks of at most UNITS units, a multiple of ROWS. */
void walk(float *positions, int64_t *accepted, int trajectories, int steps, int size, int units, int layers, int points,
          const float *theta, const float *target, float scale, uint64_t seed) {
    const struct problem problem = {units, layers, points, theta, target};
    float (*const loss)(const float *, const struct problem *) = layers ? deep_loss : shallow_loss;
    float trial[PARAMETERS], noise[PARAMETERS];
    for (int i = 0; i < trajectories; i++) {
        float *x = positions + (int64_t)i * size;
        uint64_t state = seed + 0x632be59bd9b4e019ull * (uint64_t)(i + 1);
        float now = loss(x, &problem);
        for (int n = 0; n < steps; n++) {
            normals(noise, size, &state);
            for (int j = 0; j < size; j++) trial[j] = x[j] + scale * noise[j];
            const float then = loss(trial, &problem);
            if (then <= now) {
                now = then;
                accepted[i]++;
                memcpy(x, trial, sizeof(float) * (size_t)size);
            }
        }
    }
}
